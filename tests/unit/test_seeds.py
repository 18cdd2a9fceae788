from metahdr.seeds import named_rng


def test_a_generator_belongs_to_its_seed_and_names():
    draws = [named_rng(*names).random() for names in [(0, "expose", "a"), (0, "expose", "b"), (1, "expose", "a")]]
    assert len(set(draws)) == 3
    assert named_rng(0, "expose", "a").random() == draws[0]
