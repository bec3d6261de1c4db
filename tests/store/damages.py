"""What can become of the files of a store: each kind of damage is done to one file, with random choices."""

import json
import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from renp_fast.store.files import checksum

Damage = Callable[[Path, random.Random], None]
NASTY = "\x1b[2J\x07evil\r\nerror: made up\u202e"
DEEP = b"[" * 100_000
# What may be in the place of any value
VALUES: tuple[Any, ...] = (
    *([], {}, None, True, "", NASTY, "../../etc/passwd", "/dev/zero", -1, 0, 1, 1 << 70, 10**500),
    *(0.5, 1e300, float("nan"), float("inf"), [[]], {"a": {}}, "x" * 100_000, [1] * 1000),
)


def remove(path: Path, _: random.Random) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()


def truncate(path: Path, rng: random.Random) -> None:
    data = path.read_bytes()
    path.write_bytes(data[: rng.randrange(len(data))])


def flip(path: Path, rng: random.Random) -> None:
    data = bytearray(path.read_bytes())
    data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    path.write_bytes(data)


def append(path: Path, rng: random.Random) -> None:
    with path.open("ab") as file:
        file.write(rng.randbytes(rng.randint(1, 1000)))


def zero(path: Path, _: random.Random) -> None:
    path.write_bytes(bytes(path.stat().st_size))


def scramble(path: Path, rng: random.Random) -> None:
    path.write_bytes(rng.randbytes(rng.randint(1, 4000)))


def make_endless(path: Path, _: random.Random) -> None:
    with path.open("r+b") as file:
        file.truncate(1 << 42)


def instead(make: Callable[[Path], object]) -> Damage:
    """Something else in the place of the file."""

    def damage(path: Path, _: random.Random) -> None:
        remove(path, _)
        make(path)

    damage.__name__ = make.__name__.strip("_<>")
    return damage


def file(path: Path) -> None:
    path.write_text("of somebody")


def folder(path: Path) -> None:
    path.mkdir()


def full_folder(path: Path) -> None:
    path.mkdir()
    (path / "something").write_text("of somebody")


def pipe(path: Path) -> None:
    os.mkfifo(path)


def link_to_nowhere(path: Path) -> None:
    path.symlink_to("nowhere")


def link_to_itself(path: Path) -> None:
    path.symlink_to(path.name)


def link_to_a_folder(path: Path) -> None:
    path.symlink_to("..")


def link_to_an_endless_file(path: Path) -> None:
    path.symlink_to("/dev/zero")


ELSE = (folder, full_folder, pipe, link_to_nowhere, link_to_itself, link_to_a_folder, link_to_an_endless_file)
ANY: tuple[Damage, ...] = (
    *(remove, truncate, flip, append, zero, scramble, make_endless),
    *(instead(make) for make in ELSE),
)


def other_document(path: Path, rng: random.Random) -> None:
    """JSON, or nearly, of another kind."""
    documents = (b"[]", b"{}", b"null", b"1", b'"x"', b"[1, 2]", b"NaN", DEEP, b"1" + b"0" * 5000, b"\xff\xfe{}", b"")
    path.write_bytes(rng.choice(documents))


def changed(value: Any, rng: random.Random) -> Any:
    """A JSON value with one part of it changed, removed or added, at any depth."""
    if isinstance(value, dict | list) and value and rng.random() < 0.85:
        value = value.copy()
        keys = list(value) if isinstance(value, dict) else range(len(value))
        key = rng.choice(keys)
        action = rng.random()
        if action < 0.15:
            del value[key]
        elif action < 0.25 and isinstance(value, dict):
            value[rng.choice((NASTY, "extra", "/dev/zero", "../x"))] = rng.choice(VALUES)
        else:
            value[key] = changed(value[key], rng)
        return value
    return rng.choice(VALUES)


def change_json(path: Path, rng: random.Random) -> None:
    """Another value somewhere in a file of JSON."""
    path.write_text(json.dumps(changed(json.loads(path.read_bytes()), rng)))


def sign_changed_header(path: Path, rng: random.Random) -> None:
    """A header of another content with its right checksum."""
    header = json.loads(path.read_bytes())
    del header["crc32c"]
    header = changed(header, rng)
    if isinstance(header, dict):
        header["crc32c"] = checksum(json.dumps(header).encode())
    path.write_text(json.dumps(header))


def signed(entry: Any) -> bytes:
    """A line of a journal with its right checksum."""
    text = json.dumps(entry).encode()
    return text + b"\t" + checksum(text).encode() + b"\n"


def sign_changed_line(path: Path, rng: random.Random) -> None:
    """A line of the journal of another content with its right checksum."""
    lines = path.read_bytes().splitlines(keepends=True)
    number = rng.randrange(len(lines))
    entry = json.loads(lines[number].rpartition(b"\t")[0])
    lines[number] = signed(changed(entry, rng))
    path.write_bytes(b"".join(lines))


def add_lines(path: Path, rng: random.Random) -> None:
    """Lines that are signed, and say too little, too much or nonsense."""
    lines = path.read_bytes().splitlines(keepends=True)
    entry = json.loads(lines[-1].rpartition(b"\t")[0])
    name, (size, crc) = next(iter(entry["objects"].items()))
    odd = [
        entry | {"objects": {}},
        entry | {"objects": {name: [size, crc]}},
        entry | {"objects": entry["objects"] | {"../../x": [1, crc]}},
        entry | {"block": 10**9},
        entry | {"block": -1},
        entry | {"objects": {key: [size + 1, crc] for key in entry["objects"]}},
        {key: value for key, value in entry.items() if key != "objects"},
        {"scan": entry["scan"], "ended": 1.0, "block": 0, "failed": NASTY},
        {"scan": entry["scan"], "ended": 1.0, "block": 7, "failed": [NASTY]},
        {"scan": entry["scan"], "ended": 1.0, "revoked": [f"{path.name}:{len(lines)}"]},
        {"scan": entry["scan"], "ended": 1.0, "revoked": [NASTY, "x:1"]},
        {"scan": entry["scan"], "ended": 1.0, "writer": {"cpu": NASTY, "started": -1e9}},
        {"scan": NASTY, "ended": 1.0, "writer": {}},
        [],
    ]
    rng.shuffle(odd)
    path.write_bytes(b"".join([*lines, *map(signed, odd[: rng.randint(1, len(odd))])]))


def lose_newlines(path: Path, _: random.Random) -> None:
    path.write_bytes(path.read_bytes().replace(b"\n", b" ") + b"x" * (3 << 20))


def damages_of(path: Path) -> list[Damage]:
    """Every kind of damage for a file or a folder."""
    if path.is_dir():
        return [remove, *(instead(make) for make in (file, *ELSE))]
    kinds = list(ANY)
    if path.suffix == ".json":
        kinds += [other_document, change_json, change_json, change_json]
    if path.name == "header.json":
        kinds += [sign_changed_header] * 4
    if path.suffix == ".jsonl":
        kinds += [sign_changed_line, sign_changed_line, sign_changed_line, add_lines, lose_newlines]
    return kinds


def copy_of(store: Path, to: Path) -> Path:
    """A copy of a store and of its jobs."""
    for source in (store, store.with_name(f"{store.name}.jobs")):
        target = to / source.name
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(source, target, symlinks=True)
    return to / store.name
