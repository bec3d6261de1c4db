"""What a scan file may hold: its tables, and the keys beside those of `physics.parameters`.

Everything about a key follows from its one entry: checks, messages, axes, units, JSON Schema and documentation.
"""

from dataclasses import dataclass
from typing import Any

from renp_fast.physics.domains import Domain, choice, number, numbers, switch, text, two_names, whole
from renp_fast.physics.parameters import COUNTING as COUNTING
from renp_fast.physics.parameters import OBSERVABLES as OBSERVABLES
from renp_fast.physics.parameters import PARAMETERS as PARAMETERS
from renp_fast.physics.parameters import Key as Key

PREFIX = "alternative."  # of axes of the alternative
PROFILED = ("chi2", "limit", "separation")
# Those for which chi^2 is to reach the threshold of a confidence level
WITH_THRESHOLD = ("limit", "separation")
# Those linear in averages over a line, with errors of their own; for the others it is the relative one of averages
LINEAR = ("spectral_function", "rate", "events")

TABLES = {
    "target": "the atoms, and what the rate is normalised with",
    "neutrino": "the neutrinos",
    "interaction": "what adds to the Standard Model",
    "experiment": "trigger energies, exposures and backgrounds",
    "line": "what spreads the photon's energy and the pair's momentum",
    "alternative": "of a separation: what differs from the truth",
    "axes": "the stored dimensions, in this order",
    "adaptive": "of a scan of which only a part is computed",
    "profile": "nuisance parameters, minimised over",
    "storage": "how numbers are stored",
}

CONTOURS = numbers(
    number(above=0.0), "a list of different finite numbers above 0, levels of the observable", different=True
)
STEPS = ", grid steps of the largest cells"


def _key(table: str, name: str, domain: Domain, help: str, default: Any = None, observables: Any = None) -> Key:
    return Key(name, domain, help, default, observables=observables or tuple(OBSERVABLES), axis=False, table=table)


FILE_KEYS = (
    _key("", "title", text("a string"), "what figures are called", ""),
    Key("observable", choice(*OBSERVABLES), "what is computed", needed=True, axis=False),
    _key("", "confidence_level", number(above=0.0, below=1.0), "of the threshold", 0.9, WITH_THRESHOLD),
    _key("", "method", choice("asimov", "toys"), "expected events, or pseudo-experiments", "asimov", ("limit",)),
    _key("", "toys", whole(1, 1_000_000), "pseudo-experiments", 1000, ("limit",)),
    _key("", "seed", whole(0, 2**63 - 1), "of the pseudo-experiments", 0, ("limit",)),
    _key("", "limit_on", text("the name of an interaction"), "whose coupling is sought", None, ("limit",)),
    _key("profile", "refine", switch(), "search between the points too", False, PROFILED),
    _key("adaptive", "axes", two_names("two different numeric axes of [axes]"), "of the planes that are refined"),
    _key("adaptive", "contours", CONTOURS, "levels whose contours are looked for", ()),
    _key("adaptive", "coarsest", whole(2, 4096, STEPS, powers_of_two=True), "size of the largest cells", 32),
    _key("storage", "dtype", choice("float64", "float32"), "number type", "float64"),
    _key("storage", "significant_bits", whole(2, 52, ", below 24 for float32"), "bits kept of every number"),
    _key("storage", "codec", choice("lz4", "zstd", "none"), "compression", "lz4"),
    _key("storage", "block_points", whole(1, 2**31), "largest number of points of a block"),
)
# Keys of each table; those of the top of the file have no name
KEYS_OF: dict[str, dict[str, Key]] = {table: {} for table in ("", *TABLES)}
for _each in (*PARAMETERS.values(), *FILE_KEYS):
    KEYS_OF[_each.table][_each.name] = _each
TOP_KEYS = tuple(KEYS_OF[""])

TABLE_OF = {key.name: key.table for key in PARAMETERS.values() if key.table != "axes"}
ENERGY_AXES = tuple(KEYS_OF["axes"])  # of photon energies, which stand in no table
AXIS_NAMES = (*ENERGY_AXES, *(name for name in TABLE_OF if PARAMETERS[name].axis))
NEVER_AXES = tuple(name for name in TABLE_OF if not PARAMETERS[name].axis)
PROFILE_NAMES = tuple(name for name in TABLE_OF if PARAMETERS[name].nuisance)
INTERACTION_KEYS = tuple(KEYS_OF["interaction"])
ALTERNATIVE_KEYS = tuple(name for name in TABLE_OF if PARAMETERS[name].alternative)


@dataclass(frozen=True)
class Storage:
    """[storage], its defaults filled in."""

    dtype: str = "float64"
    significant_bits: int | None = None
    codec: str = "lz4"
    block_points: int | None = None


def unit_of(name: str) -> str:
    """Unit of a parameter, `NAME.KEY` of one of several interactions too; empty for what is no number."""
    return PARAMETERS[name.rpartition(".")[2]].unit


def numeric(name: str) -> bool:
    """Whether a parameter is a number."""
    return bool(unit_of(name))
