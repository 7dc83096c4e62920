"""Write docs/ae.md: the page of the command ae, from its own help.

python scripts/ae_reference.py
"""

from collections.abc import Iterator
from pathlib import Path

import click

from aetrain.cli.program import SETTINGS, VERBS, ae

PAGE = Path(__file__).parents[1] / "docs" / "ae.md"
WIDTH = 100

HEAD = """\
# The command ae

Made by `scripts/ae_reference.py` from the command's own help; do not edit it here.

`aetrain` trains; `ae` does all that one does with a finished run. Nothing is trained again, no run
is changed but for the files that a verb says it writes, and no checkpoint can run code.

**Runs.** A run is its directory, a checkpoint, or the word `last` for the newest one under
`outputs/`. Classes of your own need `--allow my_package`, as in training.

**Examples** are files, or `train`, `valid`, `test` for the run's own data, whose place can be named
anew with `-d root=DIR` or `-d path=FILE`. `NAME:7` is row 7 alone, counted from 0. Files are read
as the data sets `array` and `image_folder` read them: numbers in the units of the training's files,
images of any size, which are stretched to the model's. They are then scaled, and binarised by a
draw that is a function of `--seed`, where the training did so. With `--scaled` numbers are taken,
and written, as the model sees them. The data of the training need not be there.

**Outputs.** `-o NAME` says by its end what is written: `.png`, `.pdf` or `.svg` one picture,
`.npz`, `.npy`, `.csv` numbers, a name without an end a folder of PNGs. Numbers and folders are
written block by block, so memory does not grow with their count. `--json` prints figures and paths
for other programs.

**Measures** of `ae evaluate` with `-m bound` or `-m nll` are the run's own test again, block by
block with the same random numbers: on all test examples, with the same K, they equal those of
results.json. What it finds is kept in the run's `evaluation.json`, which `ae runs` and `ae show`
read beside results.json. A training run measures the codes itself with `evaluation.probe=N`.

- Linear probe: multinomial logistic regression on standardised codes (means of q(z|x)) of at most
  `--codes` training examples; C by five-fold cross-validation among 0.001 ... 1000. k-NN: the vote
  of 5 nearest training codes, Euclidean, codes as they are. SVM: a Gaussian kernel, fitted to at
  most 2,000 of them, C by cross-validation among 0.1 ... 100. Of a run with `dataset.labelled=N`
  the training codes are those N, and `spreading_accuracy` is of labels that spread from them over
  the 10-nearest-neighbour graph of `--codes` labelled and unlabelled ones (Zhou et al. 2004).
  All are judged on the test examples; the 95 % interval (Wilson's)
  covers the chance of drawing those, not that of training again.
- `ais`: log p(x) by annealed importance sampling (Neal 2001; Wu et al. 2017) from p(z) to p(x, z)
  over a sigmoid of `--temperatures`, with one Hamiltonian transition of ten leapfrog steps at each.
  Step sizes are adapted to an acceptance of 0.65, for each example and temperature, in a pass of
  their own, so that the weights of the pass that counts are unbiased. `nll_ais` is in the mean an
  upper bound on -log p(x) and lies below that of `nll`, which starts from the encoder, where the
  encoder is poor. `ais_effective` is (sum w)^2 / sum w^2 of `--chains` chains. `ais_gap`: for as
  many x drawn from the model, reverse AIS from the z they were drawn with, which bounds log p(x)
  from above, minus AIS (Grosse et al. 2015): the most that AIS is wrong there in the mean. p(z) is
  what the model itself draws codes from; codes must be real vectors with a density.
- `decomposition`: one draw z of q(z|x) for each example; with q(z) the mean of q(z|x) over all of
  them, `mutual_information` = log q(z|x) - log q(z), `total_correlation` = log q(z) - sum of
  log q(z_d), `dimension_kl` = that sum - log p(z) add up to `sampled_rate` (Hoffman, Johnson 2016;
  Chen et al. 2018). Up to `--codes` examples it is the enumeration; of more, so many stand for all.
  Errors are over examples, with q(z) held as it is.
- `parzen`: log density in nats of the mean of normals around `--draws` samples, of the width that
  is best for at most 1,000 validation examples, from 0.01 to 1 (Parzen 1962). It prefers samples
  near every example to those that are like examples (Theis et al. 2016): compare with older tables,
  not models.
- `samples` compares `--draws` samples with the examples in `--features`: `pixels`, or the codes of
  another run, whose name is kept beside the figures; no foreign network is loaded, so that
  distances are not those of papers that use Inception. `frechet` (Heusel et al. 2017; units of the
  features squared; too large for few examples, so compare equal numbers; error by a jackknife of
  ten groups), `kernel_distance` (Binkowski et al. 2018; unbiased, mean of blocks that share
  nothing), `precision` and `recall` (Kynkaanniemi et al. 2019), `density` and `coverage` (Naeem et
  al. 2020) with balls that reach to the 5th neighbour; `coverage_at_best` is what samples of the
  data's own distribution would have. `nearest_training` is the distance of a sample to its nearest
  training example, `nearest_training_of_data` that of an example, `copying` the chance that the
  sample's is smaller: 0.5 is none, 1 are copies (Meehan et al. 2020). `sharpness` is the variance
  of the Laplacian over that of the examples (Pech-Pacheco et al. 2000). Samples are means of
  p(x|z); where the data are binarised by draws, use `--draw`, or means and data differ in kind.
  With `--features` of a classifier (`experiment=classifier_mnist`, or any run with
  `head=classifier`) vectors are its last hidden layer, and there is more: `modes_found`, how many
  of the `modes` classes that it sees among the examples have at least a tenth of their share there
  among the samples too (Metz et al. 2017 and Srivastava et al. 2017 count from one sample on, of a
  thousand classes; error by resamples of the samples); `modes_kl`, KL in nats of the samples'
  shares of classes to the examples', 0 at best and about (K - 1)/2 (1/M + 1/N) where nothing is
  wrong, with K classes, M samples, N examples (error to first order); `confidence`, the mean of the
  largest class probability of samples, beside `confidence_of_data`. A classifier has to name a
  class for anything: read `modes_found` beside `precision`.
- `anomaly`: area under the ROC curve, 0.5 is chance, error of DeLong et al. (1988), of what an
  example costs: -ELBO, each part of it, -log p(x) with `-k` draws. Examples `--against` are the
  positives. Below 0.5, the model finds them likelier than its own (Nalisnick et al. 2019).
- `disentanglement`: of all data before they are split, at most 50,000 or `-n`, on posterior means:
  MIG (Chen 2018), DCI (Eastwood, Williams 2018), SAP (Kumar 2018), modularity and explicitness
  (Ridgeway, Mozer 2018), FactorVAE's (Kim, Mnih 2018) and beta-VAE's score (Higgins 2017). Errors
  over resamples or repetitions; those over other seeds of the training are larger.
- `ae search` reads what it searches block by block and keeps the nearest; of equal ones the first.
  Its picture shows examples as the model sees them. `precision` is the share of the `-n` found that
  have the query's label, of several queries the mean and its error. Codes of a sphere or a ball are
  compared by their coordinates; of a conditional model they are those under the examples' labels.
- `clusters`, of models that find some (aae_cluster, gmvae, vade): each cluster gets the label of
  the validation example that is most surely in it (`cluster_error`, as Makhzani et al. 2016 count
  it), or the commonest label of its validation examples (`cluster_error_by_majority`), and the
  share of wrong ones is counted on the examples, with Wilson's interval. `cluster_accuracy` matches
  clusters and classes one to one (Hungarian algorithm), so it is low where there are more clusters
  than classes; `nmi`, `ari` as in scikit-learn. The run's own test has the last three as well.
- `udr`: unsupervised disentanglement ranking (Duan et al. 2020) of two runs or more, five at best,
  that differ in the seed alone, such as those of a sweep; all are given the first run's examples.
  Of two codes, R is the matrix of absolute weights with which a lasso (alpha 0.1, codes
  standardised) predicts the run's dimensions from the other's, or of absolute rank correlations
  (`udr_spearman`); their agreement is the mean of max^2 / sum over the rows and over the columns of
  R, of dimensions that carry more than 0.01 nats (`udr_informative`); a run's figure is the median
  over the others, its error over resamples of those. The same independent dimensions in another
  order, scale or sign give 0.9 by the lasso, which takes its alpha of each weight, and 1 by ranks;
  independent codes give nearly 0.
- `ae export` writes the mean of q(z|x) and that of p(x|z) as functions of one tensor, what it has
  written is read back and compared, and nothing but weights that the half uses goes with it.
- `ae manifold` places at most `-n` examples. PCA and LDA map new points and are fitted to training
  examples, as the run was; t-SNE, Isomap and LLE can only place the points they are fitted to. No
  method sees the labels of what it places. In a plane of a wide code are its two principal axes.

**The study of limits**, `ae compare AE VAE --study limits`, asks of two runs of one latent size on
the same data what the variational one mends. Each figure has a standard error, and a claim's
measure decides where the difference reaches two of its own (paired where both are of the same
pairs of examples). The verdicts on the page are made from the numbers, whatever they say. Errors
cover the chance of drawing examples and codes, not that of training again.

- Random codes are z ~ N(0, I), the same for both models, and z from the model's `own Gaussian`, of
  the mean and covariance of its codes of training examples: what is left there is the codes' shape,
  not their place and scale. Decodes are means of p(x|z), and examples are as in the files, not
  binarised.
- `confidence`, from 1/K to 1: the largest class probability that a classifier gives. It is a run
  with `head=classifier` (`--classifier`), whose codes are then the features for density and
  coverage, or 200 randomised trees (Geurts et al. 2006) fitted to at most 10,000 training examples,
  and pixels. The page says how often it is right, and how sure it is of noise.
- `density` counts as at most 1 here: samples that crowd where data are densest, as blurred images
  do, have more than samples of the data's own distribution would have, and are no better for it.
- Codes, drawn from q(z|x) for test examples, against N(0, I): |mean|, the root mean square of the
  logarithms of the standard deviations along their principal axes, KL in nats of the Gaussian of
  their moments, and MMD^2 (Gretton et al. 2012) with seven inverse multiquadratic kernels. Errors
  are from 50 bootstrap resamples (Efron, Tibshirani 1993), that of the MMD from ten parts.
- Evenness of classes: the variance over classes of 1/2 ln |covariance| of a class's codes (means of
  q(z|x), nats^2), and K sum a^2 - 1 for the shares a of random codes whose decode is of the class:
  0 for equal areas, K - 1 where one class has all. Errors are from 50 resamples.
- Walks are straight lines between 200 pairs of test examples of different classes, in pixels and
  between the means of q(z|x), decoded: confidence in the middle, the lowest on the way, and what
  the middle loses against both ends.
- Noise in pixels is uniform over the range of the data, that in codes is z ~ N(0, I).
"""


def page() -> str:
    """Return the whole page."""
    parts = [HEAD, _block(_help(ae, None)), ""]
    for verb in VERBS:
        parts += [f"## ae {verb.name}", "", _block(_help(verb, _context(ae, None))), ""]
    return "\n".join(parts).rstrip() + "\n"


def _context(command: click.Command, parent: click.Context | None) -> click.Context:
    name = "ae" if parent is None else command.name
    settings = SETTINGS if parent is None else {}
    return click.Context(command, info_name=name, parent=parent, terminal_width=WIDTH, **settings)


def _help(command: click.Command, parent: click.Context | None) -> str:
    return command.get_help(_context(command, parent))


def _block(text: str) -> str:
    return "\n".join(_lines(text))


def _lines(text: str) -> Iterator[str]:
    yield "```text"
    for line in text.splitlines():
        yield line.rstrip()
    yield "```"


if __name__ == "__main__":
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page(), encoding="utf-8")
