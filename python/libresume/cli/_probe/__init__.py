# SPDX-License-Identifier: Apache-2.0
"""What ``resume probe`` does, one noun a file. Needs neither typer nor rich: it can be tested alone."""
