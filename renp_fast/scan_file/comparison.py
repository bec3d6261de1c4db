"""Scans in plain values: what makes two of them the same, and what differs between them."""

import json
from collections.abc import Mapping
from typing import Any

from renp_fast.scan_file.axes import AxisForm
from renp_fast.scan_file.reader import Reader
from renp_fast.scan_file.schema import TABLE_OF, WITH_THRESHOLD


def canonical_scan(reader: Reader, values: dict[str, Any], forms: dict[str, AxisForm]) -> dict[str, Any]:
    """A scan in plain values, as JSON has them."""
    plain: dict[str, Any] = {"observable": reader.observable, "axes": list(forms)}
    plain |= {f"{TABLE_OF[name]}.{name}": value for name, value in sorted(values.items())}
    plain |= {f"axes.{name}": form.canonical() for name, form in forms.items()}
    plain |= {f"profile.{name}": form.canonical() for name, form in reader.profile.items()}
    if reader.observable in WITH_THRESHOLD:
        plain["confidence_level"] = reader.confidence_level
    if reader.refine:
        plain["profile.refine"] = True
    if reader.toys:
        plain |= {"toys": reader.toys, "seed": reader.seed}
    plain |= {f"storage.{name}": value for name, value in reader.storage.model_dump().items()}
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
