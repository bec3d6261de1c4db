"""The amplitude of a pair of neutrinos, and what it needs: masses, mixing, phase space, propagators."""
