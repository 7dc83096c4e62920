"""What is said of a game."""

from aetrain.referee import LINES, Referee


def lines(real: float, fake: float, name: str = "", number: int = LINES) -> list[dict[str, float]]:
    told = {f"train/{name}accuracy_real": real, f"train/{name}accuracy_fake": fake}
    return [{**told, "train/loss": 1.0}] * number


def said(referee: Referee, seen: list[dict[str, float]]) -> list[str]:
    return [text for step, line in enumerate(seen) for text in referee.judge(line, step)]


def test_a_game_goes_on() -> None:
    assert said(Referee(), [*lines(0.8, 0.7), *lines(1.0, 1.0, number=4), *lines(0.5, 0.5)]) == []
    assert said(Referee(), [{"train/loss": 0.0}] * 20) == []


def test_a_discriminator_that_tells_all_has_won_once() -> None:
    (text,) = said(Referee(), lines(0.995, 1.0, number=30))
    assert text.startswith(f"step {LINES - 1}: the discriminator has won")
    assert "adversary.r1=10" in text


def test_a_discriminator_that_takes_all_for_real_has_lost() -> None:
    (text,) = said(Referee(), lines(1.0, 0.0, number=30))
    assert "the discriminator has lost" in text


def test_each_game_of_a_model_is_watched_by_itself() -> None:
    both = [a | b for a, b in zip(lines(1, 1, "class_"), lines(0.5, 0.5, "style_"), strict=True)]
    (text,) = said(Referee(), both)
    assert "the class discriminator has won" in text


def test_a_winner_may_lose() -> None:
    found = said(Referee(), [*lines(1.0, 1.0), *lines(0.0, 0.0)])
    assert len(found) == 2
