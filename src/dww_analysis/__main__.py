"""`python -m dww_analysis` is the same program as `dww`."""

from dww_analysis.cli import main

if __name__ == "__main__":
    main()
