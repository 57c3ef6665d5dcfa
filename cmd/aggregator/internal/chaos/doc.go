// SPDX-License-Identifier: Apache-2.0

// Package chaos holds the tests that kill, pause, cut off and starve the real programs
// of a region at every step of their work, and then ask for every bundle: what was
// acknowledged is there once, and nothing sealed is lost.
package chaos
