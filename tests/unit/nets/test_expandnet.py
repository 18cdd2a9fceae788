from metahdr.nets.expandnet import ExpandNet


def test_it_has_the_published_number_of_parameters():
    assert sum(parameter.numel() for parameter in ExpandNet().parameters()) == 456_899


def test_its_parameters_have_the_names_and_shapes_of_the_published_file():
    shapes = {name: tuple(value.shape) for name, value in ExpandNet().state_dict().items()}
    assert len(shapes) == 30
    assert shapes["local_net.1.0.weight"] == (128, 64, 3, 3)
    assert shapes["mid_net.3.weight"] == (64, 64, 3, 3)
    assert shapes["glob_net.6.weight"] == (64, 64, 4, 4)
    assert shapes["end_net.0.0.weight"] == (64, 256, 1, 1)
    assert shapes["end_net.1.weight"] == (3, 64, 1, 1)
