"""How the files of the package import each other."""

from graphlib import TopologicalSorter


def test_no_files_import_each_other_in_a_circle() -> None:
    import grimp  # of import-linter, without which all other tests run

    graph = grimp.build_graph("renp_fast", cache_dir=None)
    imported = {module: set(graph.find_modules_directly_imported_by(module)) for module in graph.modules}
    TopologicalSorter(imported).prepare()  # raises CycleError, which names the files
