"""What is asked of Slurm is checked before it reaches it, and fitted to what the cluster allows."""

from typing import Any

import pytest

from renp_fast.errors import InputError
from renp_fast.slurm.cluster import Limits
from renp_fast.slurm.fit import Size, fit
from renp_fast.slurm.options import Options, read_options, time_seconds, time_text


def test_what_is_not_asked_is_left_open() -> None:
    assert read_options(mode="dask", partition=None, tasks="4") == Options(mode="dask", tasks=4)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90", 5400),
        ("2:30", 150),
        ("01:02:03", 3723),
        ("1-2", 93600),
        ("1-2:3", 93780),
        ("1-02:03:04", 93784),
        *((text, 0) for text in ("", "0", "0:59", "-5", "1h", "1:2:3:4", "UNLIMITED", "1-", "1 ", "9" * 30, "٣٠")),
    ],
)
def test_times_are_read_as_slurm_reads_them(text: str, seconds: int) -> None:
    assert time_seconds(text) == seconds


@pytest.mark.parametrize("seconds", [60, 3723, 93784, 10**7])
def test_times_are_written_as_slurm_reads_them(seconds: int) -> None:
    assert time_seconds(time_text(seconds)) == seconds


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("mode", "local"),
        ("tasks", 0),
        ("tasks", "4.5"),
        ("cpus", "-1"),
        ("nodes", "٣"),
        ("attempts", "1e3"),
        ("time", "soon"),
        ("memory", "lots"),
        ("memory", "0"),
        ("memory", "4G\n#SBATCH --uid=0"),
        ("partition", "a b"),
        ("partition", "main\n"),
        ("partition", "$(touch x)"),
        ("partition", "-main"),
        ("partition", "a,,b"),
        ("account", "a,b"),
        ("account", "a'b"),
        ("qos", "a#b"),
        ("constraint", "rome;ls"),
        ("constraint", '"'),
        ("interface", "--port"),
        ("extra", ["mail-type=END", "comment=a b"]),
        ("extra", ["comment='a'"]),
        ("extra", ["comment=`ls`"]),
        ("extra", ["comment=a\nls"]),
        ("extra", ["rm -rf x"]),
        ("extra", ["array=1-9"]),
        ("extra", ["--output=/etc/passwd"]),
        ("extra", ["#SBATCH --wrap=ls"]),
        ("extra", [""]),
        *(
            ("extra", [line])
            for line in ("o=/tmp/x", "outp=/tmp/x", "e=x", "--err=x", "arr=1-9", "test-only", "w", "n=3")
        ),
    ],
)
def test_a_wrong_value_is_named_with_what_is_allowed(name: str, value: Any) -> None:
    with pytest.raises(InputError, match=f"^--{name}: got .*; allowed: ."):
        read_options(**{name: value})


def test_all_wrong_options_are_named_at_once() -> None:
    with pytest.raises(InputError) as error:
        read_options(walltime="1:00:00", partition="a b", mode="local")
    lines = str(error.value).splitlines()
    assert len(lines) == 3
    assert lines[0].startswith("walltime: unknown; allowed: account, attempts, constraint, cpus, extra, interface")
    assert lines[0].endswith("nodes, partition, qos, tasks, time")


@pytest.mark.parametrize("line", ["mail-type=END", "--mail-type=END", "#SBATCH --mail-type=END"])
def test_further_directives_may_be_written_as_in_a_script(line: str) -> None:
    assert read_options(extra=[line]).extra == ("--mail-type=END",)


def test_values_that_clusters_use_are_allowed() -> None:
    asked = {
        "partition": "short,long-2",
        "account": "m1234_g@site",
        "constraint": "[rack1*2&rack2*4]|(rome&ib)",
        "memory": "120G",
        "extra": ["gres=gpu:a100:2,tmp:1", "licenses=scratch,cfs", "exclusive", "nodelist=n[1-3,7]"],
    }
    assert read_options(**asked).partition == "short,long-2"


class Notes(list[str]):
    """Collects what is said."""

    def __call__(self, note: str) -> None:
        self.append(note)


def test_tasks_follow_from_the_cost() -> None:
    said = Notes()
    # 100 core-hours on 4 cores: 25 hours
    assert fit(Options(), Limits(), 4, 200, 100.0, said) == Size(tasks=25, cpus=4, nodes=None, seconds=7200)
    assert said == ["about 100 core-hours: 25 tasks of 4 cores, 60 min each"]
    assert fit(Options(seconds=1800), Limits(), 4, 200, 100.0, said).tasks == 63  # of 24 minutes
    assert fit(Options(), Limits(), 4, 200, 1e-6, said).tasks == 1


@pytest.mark.parametrize("name", ["MaxArraySize", "MaxJobCount", "MaxSubmitJobs"])
def test_tasks_are_fitted_to_the_cluster_which_is_said(name: str) -> None:
    said = Notes()
    limits = Limits(tasks={"MaxArraySize": 1000, "MaxJobCount": 1000, "MaxSubmitJobs": 1000} | {name: 7})
    assert fit(Options(tasks=40), limits, 4, 200, None, said).tasks == 7
    assert said == [f"40 array tasks are more than the cluster's {name}: fitted to 7"]
    assert fit(Options(tasks=7), limits, 4, 200, None, said).tasks == 7
    assert len(said) == 1


def test_no_more_tasks_than_blocks() -> None:
    said = Notes()
    assert fit(Options(tasks=40), Limits(tasks={"MaxArraySize": 1000}), 4, 12, None, said).tasks == 12
    assert said == ["40 array tasks are more than the scan's blocks: fitted to 12"]


def test_a_cluster_without_arrays_is_left_to_the_other_mode() -> None:
    limits = Limits(tasks={"MaxArraySize": 0})
    with pytest.raises(InputError, match="MaxArraySize is 0; allowed here: --mode dask"):
        fit(Options(), limits, 4, 200, 1.0, Notes())
    assert fit(Options(mode="dask"), limits, 4, 200, None, Notes()).tasks == 1


def test_time_and_nodes_are_fitted_too() -> None:
    said = Notes()
    limits = Limits(seconds=3600, nodes=2)
    assert fit(Options(mode="dask", nodes=9, seconds=7200), limits, 4, 200, None, said) == Size(2, 4, 2, 3600)
    assert said == [
        "--time 0-02:00:00 is more than the cluster allows: fitted to 0-01:00:00",
        "--nodes 9 is more than the partition's MaxNodes: fitted to 2",
    ]
    # The default time is nobody's wish, so that nothing needs to be said
    assert fit(Options(mode="dask"), limits, 4, 200, None, said) == Size(1, 4, 1, 3600)
    assert len(said) == 2


@pytest.mark.parametrize(
    ("asked", "limits", "wanted", "note"),
    [
        # Two workers on one node of two cores, which sbatch refuses with two cores for each
        ({"tasks": 2}, (2, 2), (2, 1, 1), "2 workers on 1 nodes of 2 cores have 1 each"),
        ({"tasks": 5, "nodes": 2}, (16, 64), (5, 5, 2), "5 workers on 2 nodes of 16 cores have 5 each"),
        ({"tasks": 2, "cpus": 48}, (16, 64), (2, 32, 1), "--cpus 48 is more than there is room for: 2 workers on"),
        ({"tasks": 2, "cpus": 32}, (16, 64), (2, 32, 1), ""),
        ({"tasks": 9, "nodes": 2}, (3, 3), (6, 1, 2), "9 workers are more than the cores of 2 nodes of 3 cores"),
        ({"tasks": 2, "nodes": 3}, (8, 8), (2, 8, 2), "--nodes 3 is more than there are workers: fitted to 2"),
        ({"nodes": 3}, (8, 9), (3, 8, 3), ""),
        ({"tasks": 2, "nodes": 1}, (None, None), (2, 4, 1), ""),
    ],
)
def test_workers_find_room_on_their_nodes(
    asked: dict[str, int], limits: tuple[int, int], wanted: tuple[int, int, int], note: str
) -> None:
    said = Notes()
    smallest, largest = limits
    options = Options(mode="dask", **asked)  # type: ignore[arg-type]
    cpus = options.cpus or smallest or 4
    size = fit(options, Limits(cpus=smallest, most_cpus=largest), cpus, 200, None, said)
    assert (size.tasks, size.cpus, size.nodes) == wanted
    assert said[0].startswith(note) if note else not said


def test_array_tasks_have_no_more_cores_than_a_node() -> None:
    said = Notes()
    limits = Limits(tasks={"MaxArraySize": 100}, cpus=16, most_cpus=64)
    assert fit(Options(tasks=3, cpus=48), limits, 48, 200, None, said).cpus == 48
    assert fit(Options(tasks=3, cpus=96), limits, 96, 200, None, said).cpus == 64
    assert said == ["--cpus 96 is more than any node has: fitted to 64"]
