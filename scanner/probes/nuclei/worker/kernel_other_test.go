// SPDX-License-Identifier: Apache-2.0

//go:build !linux || !(amd64 || arm64)

package worker

// tryWaysOut has nothing to try where the kernel locks nothing.
func tryWaysOut() int { return 0 }
