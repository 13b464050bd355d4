# SPDX-License-Identifier: Apache-2.0
"""The demo server of ``resume serve``: what it saw, a worker, the page."""
