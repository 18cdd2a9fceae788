import hashlib

from metahdr.datasets.chunks import chunks

NAMES = [f"place_{number}" for number in range(1000)]


def test_few_sources_are_one_chunk_and_more_are_as_many_as_a_power_of_two():
    assert chunks(["oak", "elm"], 2) == {"chunk0": ["elm", "oak"]}
    assert list(chunks(NAMES, 1000)) == ["chunk0"]
    assert list(chunks(NAMES, 999)) == ["chunk0", "chunk1"]
    assert list(chunks(NAMES, 100)) == [f"chunk{number}" for number in range(16)]


def test_a_source_is_in_the_chunk_that_its_names_sha256_says():
    for number, names in ((int(k.removeprefix("chunk")), v) for k, v in chunks(NAMES, 200).items()):
        assert all(int(hashlib.sha256(name.encode()).hexdigest()[:16], 16) % 8 == number for name in names)


def test_every_source_is_in_one_chunk_and_a_new_one_changes_one():
    before, after = chunks(NAMES, 100), chunks([*NAMES, "another"], 100)
    assert sorted(sum(before.values(), [])) == sorted(NAMES)
    assert max(map(len, before.values())) < 100
    changed = {name for name in before if before[name] != after[name]}
    assert len(changed) == 1 and "another" in after[changed.pop()]
