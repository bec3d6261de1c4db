"""Scans in plain values: what makes two of them the same, and what differs between them."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from renp_fast.scan_file.hypotheses import Hypothesis
from renp_fast.scan_file.reader import Reader
from renp_fast.scan_file.schema import TABLE_OF, WITH_THRESHOLD


def canonical_scan(reader: Reader, scans: Sequence[Hypothesis], axes: Iterable[str]) -> dict[str, Any]:
    """The hypotheses of a scan's interactions, and all else of it, in plain values, as JSON has them."""
    plain: dict[str, Any] = {"observable": reader.observable, "axes": list(axes)}
    if reader.names:
        plain |= {"interactions": list(reader.names), "limit_on": reader.limit_on}
    for scan in scans:
        plain |= {f"{TABLE_OF[key]}.{scan.own_name(key)}": value for key, value in sorted(scan.values.items())}
        plain |= {f"axes.{scan.own_name(key)}": form.canonical() for key, form in scan.forms.items()}
    plain |= {f"profile.{name}": form.canonical() for name, form in reader.profile.items()}
    if reader.observable in WITH_THRESHOLD:
        plain["confidence_level"] = reader.top["confidence_level"]
    if reader.refine:
        plain["profile.refine"] = True
    if reader.toys:
        plain |= {"toys": reader.toys, "seed": reader.top["seed"]}
    plain |= {f"storage.{name}": value for name, value in vars(reader.storage).items()}
    result: dict[str, Any] = json.loads(json.dumps(plain))
    return result


def differences(stored: Mapping[str, Any], scan: Mapping[str, Any]) -> list[str]:
    """What differs between two canonical scans, a line each."""
    return [
        f"{key}: {_shown(stored, key)} in the store, {_shown(scan, key)} in the scan"
        for key in sorted({*stored, *scan})
        if stored.get(key) != scan.get(key)
    ]


def _shown(canonical: Mapping[str, Any], key: str) -> str:
    if key not in canonical or canonical[key] is None:
        return "absent"
    value = canonical[key]
    text = json.dumps(value)
    if len(text) <= 80:
        return text
    return f"{text[:60]}... ({len(value)} entries)" if isinstance(value, list | dict | str) else f"{text[:60]}..."
