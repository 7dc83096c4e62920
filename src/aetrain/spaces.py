"""The sets that codes lie in."""

from enum import Enum


class Space(Enum):
    """Where the draws of a posterior or prior lie; densities of two of them do not compare."""

    REAL = "all real vectors"
    BOX = "the vectors of a box"
    SPHERE = "the vectors of length 1"
    BALL = "the points of a Poincaré ball"
    SIMPLEX = "vectors of class probabilities"
    BINARY = "binary vectors"
