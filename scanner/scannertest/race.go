// SPDX-License-Identifier: Apache-2.0

//go:build race

package scannertest

// raced tells that this program was built with the race detector.
const raced = true
