from aetrain.config.wording import shown, unknown_choice, unknown_key

KEYS = [
    "latent",
    "optimizer",
    "optimizer.lr",
    "optimizer.betas",
    "trainer",
    "trainer.max_epochs",
    "trainer.min_epochs",
]


def test_values_are_shown_as_the_user_writes_them():
    values = [None, True, 3, 0.5, "abc", [1, "a"], {"a": None}]
    assert [shown(v) for v in values] == [
        *("null", "true", "3", "0.5", "'abc'"),
        *("[1,'a']", "{a:null}"),
    ]


def test_a_choice_that_is_near_is_offered():
    assert unknown_choice("model", "vea", ["ae", "vae"]) == (
        "model=vea: no such model; choose from ae, vae. Did you mean 'vae'?"
    )
    assert (
        unknown_choice("model", 3, ["ae", "vae"]) == "model=3: no such model; choose from ae, vae"
    )


def test_a_choice_that_a_package_brings_names_it():
    assert unknown_choice("hydra/launcher", "joblib", ["basic"]) == (
        'hydra/launcher=joblib: needs hydra-joblib-launcher: pip install "aetrain[parallel]"'
    )


def test_the_wrong_part_of_a_key_is_named():
    assert unknown_key("optmizer.lr=1", "optmizer.lr", KEYS) == (
        "optmizer.lr=1: no such key 'optmizer'. Did you mean 'optimizer'?"
    )
    assert unknown_key("optimizer.lrr=1", "optimizer.lrr", KEYS) == (
        "optimizer.lrr=1: no such key 'optimizer.lrr'. Did you mean 'optimizer.lr'?"
    )
    assert unknown_key("optimizer.lr.x=1", "optimizer.lr.x", KEYS) == (
        "optimizer.lr.x=1: no such key 'optimizer.lr.x'"
    )


def test_a_group_can_be_meant():
    assert unknown_key("modle=ae", "modle", KEYS, ["model"]) == (
        "modle=ae: no such key 'modle'. Did you mean 'model'?"
    )


def test_a_key_without_its_group_is_found():
    assert unknown_key("lr=1", "lr", KEYS) == "lr=1: no such key 'lr'. Did you mean 'optimizer.lr'?"
    assert unknown_key("epochs=1", "epochs", KEYS) == (
        "epochs=1: no such key 'epochs'. Did you mean 'trainer.max_epochs'?"
    )
    assert unknown_key("lrr=1", "lrr", KEYS) == (
        "lrr=1: no such key 'lrr'. Did you mean 'optimizer.lr'?"
    )
    assert unknown_key("quite_else=1", "quite_else", KEYS) == (
        "quite_else=1: no such key 'quite_else'"
    )


def test_the_choices_that_would_bring_a_key_are_named():
    assert unknown_key("dataset.path=a", "dataset.path", KEYS, [], ["dataset=array"]) == (
        "dataset.path=a: no such key 'dataset'. It comes with dataset=array"
    )


def test_a_key_that_lies_deeper_is_found():
    keys = [*KEYS, "adversary", "adversary.loss", "adversary.loss.smoothing", "smoothing.width"]
    assert unknown_key("adversary.smoothing=1", "adversary.smoothing", keys) == (
        "adversary.smoothing=1: no such key 'adversary.smoothing'."
        " Did you mean 'adversary.loss.smoothing'?"
    )
    assert unknown_key("optimizer.smoothing=1", "optimizer.smoothing", keys) == (
        "optimizer.smoothing=1: no such key 'optimizer.smoothing'"
    )
