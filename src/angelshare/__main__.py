"""`python -m angelshare`."""

from angelshare.cli import main

if __name__ == "__main__":
    main()
