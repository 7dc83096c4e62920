"""Labels of clusters against loops, and the errors that they give."""

import torch

from aetrain.evaluation.clusters import Assigned, by_best_example, by_majority, wrong


def drawn(n: int, clusters: int, classes: int, seed: int) -> Assigned:
    source = torch.Generator().manual_seed(seed)
    p = torch.rand(n, clusters, generator=source, dtype=torch.float64)
    return Assigned(p / p.sum(1, keepdim=True), torch.randint(classes, (n,), generator=source))


def test_the_surest_example_names_a_cluster() -> None:
    examples = drawn(40, 6, 3, 0)
    p, y = examples.p.tolist(), examples.y.tolist()
    wanted = [y[max(range(40), key=lambda n: p[n][k])] for k in range(6)]
    assert by_best_example(examples).tolist() == wanted


def test_the_commonest_label_names_a_cluster() -> None:
    examples = drawn(400, 6, 3, 1)
    p, y = examples.p.tolist(), examples.y.tolist()
    members = [[y[n] for n in range(400) if max(p[n]) == p[n][k]] for k in range(6)]
    assert by_majority(examples).tolist() == [max(range(3), key=m.count) for m in members]


def test_a_cluster_without_an_example_has_no_label() -> None:
    examples = Assigned(torch.tensor([[0.9, 0.1, 0.0], [0.2, 0.8, 0.0]]), torch.tensor([4, 4]))
    assert by_majority(examples).tolist() == [4, 4, -1]
    assert by_best_example(examples).tolist() == [4, 4, 4]


def test_errors_are_counted_on_other_examples() -> None:
    """Three clusters of two classes: two of them share a class, so none is wrong."""
    p = torch.eye(3).repeat(4, 1)
    naming, judged = (
        Assigned(p, torch.tensor([7, 2, 7] * 4)),
        Assigned(p, torch.tensor([7, 2, 7] * 4)),
    )
    assert wrong(by_best_example(naming), judged) == wrong(by_majority(naming), judged) == 0
    assert wrong(torch.tensor([7, 7, 7]), judged) == 4
    assert wrong(torch.tensor([7, 2, -1]), judged) == 4
