// SPDX-License-Identifier: Apache-2.0

// Package journey holds the tests that drive the real programs together, as
// their users do: from a hospital's assets to the page an analyst reads.
package journey
