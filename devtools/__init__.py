"""What `./dev` is made of: sets up Odoo, PostgreSQL and the tools, and runs them. Standard library only.

`demo_seed.py` runs inside Odoo's shell and `checks.py` inside the virtual environment; all else runs on the
machine's own Python, before anything is installed.
"""
