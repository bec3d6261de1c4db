"""One block of a scan: a pure function of the scan and the box of grid points."""
