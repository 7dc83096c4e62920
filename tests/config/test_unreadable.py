import pytest

from aetrain.config.unreadable import unreadable

LINES = [
    ("latent", "is no key=value; write both without spaces around '='"),
    ("=", "is no key=value; write both without spaces around '='"),
    ("=3", "is no key=value; write both without spaces around '='"),
    ("200]", "is a piece of a value with spaces; put the whole of it in quotes"),
    ("200,", "is a piece of a value with spaces; put the whole of it in quotes"),
    ("a b=3", "'a b' is no key; keys look like optimizer.lr"),
    ("/model=ae", "'/model' is no key; keys look like optimizer.lr"),
    ("network.hidden[0]=3", "'network.hidden[0]' is no key; write network.hidden.0=3"),
    ("latent==3", "has two '='; write latent=3"),
    ("network.hidden=[500", "'[' has no counterpart; put what has spaces in quotes"),
    ("network.hidden=[500,", "'[' has no counterpart; put what has spaces in quotes"),
    ("network.hidden=500]", "']' has no counterpart; put what has spaces in quotes"),
    ("network.hidden=[500}", "'}' has no counterpart; put what has spaces in quotes"),
    ("latent=${foo", "'{' has no counterpart; put what has spaces in quotes"),
    ("a='[' b=", 'the value cannot be read; put it in quotes, "a=\\"\'[\' b=\\""'),
    (
        "dataset.path=/a=b/c.npy",
        "the value cannot be read; put it in quotes, \"dataset.path='/a=b/c.npy'\"",
    ),
    ("latent=foo(3)", "the value cannot be read; put it in quotes, \"latent='foo(3)'\""),
]


@pytest.mark.parametrize(("override", "text"), LINES)
def test_line(override: str, text: str):
    assert unreadable(override) == f"{override}: {text}"
