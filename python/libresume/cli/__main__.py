# SPDX-License-Identifier: Apache-2.0
"""``python -m libresume.cli`` is ``resume``."""

import sys

from libresume.cli import main

sys.exit(main())
