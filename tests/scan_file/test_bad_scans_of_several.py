"""Wrong scans of several interactions: key and what is allowed are named, each fault once."""

import pytest
from several_cases import MU, R2, scan_of, text_of

import renp_fast as rf
from renp_fast.scan_file.scan import parse_scan

BAD = """
LIMIT                                               | limit_on: missing | of mu, r2
LIMIT; limit_on = "eps"                             | limit_on: got 'eps' | mu, r2
LIMIT; limit_on = "mu"; axes.photon_energy_eV = [1.0] | [axes] photon_energy_eV: limit is for | trigger_eV
limit_on = "mu"                                     | limit_on: events has none | for limit alone
observable = "separation"                           | [alternative]: missing | mu.coupling, mu.mediator_mass_eV
FREE mu.couplin = 1.0                               | [alternative] mu.couplin: unknown key | did you mean mu.coupling?
FREE coupling = 1.0                                 | [alternative] coupling: unknown key | mu.coupling
FREE mu.coupling = nan                              | [alternative] mu.coupling: got nan | a finite number
FREE mu.chirality = "left"                          | [alternative] mu.chirality: got 'left' | magnetic, electric
FREE mu.kind = "vector"                             | [alternative] mu.mediator_mass_eV: missing | a finite number
FREE mu.coupling = "free"; FREE r2.coupling = "free" | [alternative] mu.coupling: free | one free coupling
FREE ordering = "both"                              | [alternative] ordering: got 'both' | normal, inverted
FREE ordering = "inverted"; axes.alternative.mu.kind = ["dipole"] | [axes] alternative.mu.kind | mu.chirality
FREE ordering = "inverted"; NAMES mu mu             | [[interaction]] number 2, name: got 'mu' | different for each
NAMES mu mu                                         | [[interaction]] number 2, name: got 'mu' | different for each
NAMES mu 2r                                         | [[interaction]] number 2, name: got '2r' | letters
NAMES mu a.b                                        | [[interaction]] number 2, name: got 'a.b' | letters
NAMES neutrino r2                                   | [[interaction]] number 1, name: got 'neutrino' | no key or table
NAMES coupling r2                                   | [[interaction]] number 1, name: got 'coupling' | no key or table
UNNAMED                                             | [[interaction]] number 2, name: missing | letters
KIND standard_model                                 | [[interaction]] r2: kind: standard_model | vector, scalar, dipole
KIND tensor                                         | [[interaction]] r2: kind: got 'tensor' | vector, scalar, dipole
KIND vector                                         | [[interaction]] r2: mediator_mass_eV: missing | a finite number
KIND dipole                                         | [[interaction]] r2: chirality: got | magnetic, electric
axes.coupling = [1.0]                               | [axes] coupling: of which interaction | mu.coupling, r2.coupling
axes.kind = ["dipole"]                              | [axes] kind: of which interaction | mu.coupling
axes.mu.kind = ["dipole"]                           | [axes] mu.kind: unknown key | mu.chirality
axes.mu.couplin = [1.0]                             | [axes] mu.couplin: unknown key | did you mean mu.coupling?
axes.eps.coupling = [1.0]                           | [axes] eps.coupling: unknown key | mu.coupling, mu.mediator
axes.mu.coupling = [nan]                            | [axes] mu.coupling: got nan | a finite number
axes.mu.texture = ["13", "31"]                      | [axes] mu.texture: got '31' | 12, 13, 22
axes.mu.mediator_mass_eV = [1.0]                    | [axes] mu.mediator_mass_eV: dipole takes no | leave it out
axes.lightest_mass_eV = []                          | [axes] lightest_mass_eV: empty | a list of values
profile.coupling = [1e-11]                          | [profile] coupling: cannot be a nuisance | theta12_deg
neutrino.nature = "majorana"                        | [[interaction]] r2: texture: '33' | 12, 13, 23
adaptive.axes = ["mu.coupling", "b"]                | [adaptive] axes: got | two different numeric axes
neutrino.weight = 1.0                               | [neutrino] weight: unknown key | lightest_mass_eV
"""


@pytest.mark.parametrize("row", BAD.strip().splitlines())
def test_bad_scans_name_key_and_what_is_allowed(row: str) -> None:
    change, key, words = (part.strip() for part in row.split("|"))
    mu, r2 = dict(MU), R2 | {"texture": "33"}
    text = text_of("chi2" if "profile" in change else "events", [mu, r2], {})
    for part in change.split("; "):
        if part == "LIMIT":
            text = text.replace('"events"', '"limit"')
        elif part.startswith("observable"):
            text = text.replace('observable = "events"', part)
        elif part.startswith("FREE"):
            text = text.replace('"events"', '"separation"')
            text = f"alternative.{part.removeprefix('FREE ')}\n{text}"
        elif part.startswith("NAMES"):
            _, first, second = part.split()
            text = text.replace('name = "mu"', f'name = "{first}"').replace('name = "r2"', f'name = "{second}"')
        elif part == "UNNAMED":
            text = text.replace('name = "r2"', "")
        elif part.startswith("KIND"):
            text = text.replace('kind = "form_factor"', f'kind = "{part.split()[1]}"')
        elif part.startswith("axes."):
            text += f"\n{part.removeprefix('axes.')}"
        elif part.startswith("neutrino.nature"):
            text = text.replace('neutrino.nature = "dirac"', part)
        else:
            text = f"{part}\n{text}"
    with pytest.raises(rf.ScanError) as error:
        parse_scan(text, "scan.toml")
    lines = [line for line in str(error.value).splitlines() if key in line]
    assert lines, str(error.value)
    assert lines[0].startswith("scan.toml: ")
    assert words in lines[0]
    assert len(set(str(error.value).splitlines())) == len(str(error.value).splitlines())


def test_a_missing_coupling_is_named_once_and_only_where_it_is_needed() -> None:
    without = {key: v for key, v in R2.items() if key != "coupling"}
    with pytest.raises(
        rf.ScanError, match=r"^scan: \[\[interaction\]\] r2: coupling: missing; allowed: a finite number"
    ):
        scan_of("limit", [MU, without], {}, 'limit_on = "mu"')
    scan = scan_of("limit", [MU, without], {}, 'limit_on = "r2"')
    assert scan.coupling_unit == "cm2"
    assert "r2.coupling" not in scan.values
    assert scan.notes == ()
    assert scan_of("limit", [MU, R2], {}, 'limit_on = "r2"').notes == (
        "[[interaction]] r2: coupling: ignored, since a limit is what is asked for",
    )


def test_limit_on_is_for_several() -> None:
    with pytest.raises(rf.ScanError, match=r"limit_on: of several interactions; allowed: with \[\[interaction\]\]"):
        parse_scan(text_of("limit", [MU], {}, 'limit_on = "mu"').replace('name = "mu"', ""))
