// SPDX-License-Identifier: Apache-2.0

// Package life tests the whole life of an agent with the real programs, in a network
// namespace of its own. It holds tests only.
package life
