// SPDX-License-Identifier: Apache-2.0

// Package clock is the time that package resume goes by: the C library is given the time with each
// call and reads none itself. Programs cannot reach it; tests that need an instant of their own set
// it before anything else.
package clock

import "time"

// Now is time.Now, or what a test has put in its place.
var Now = time.Now
