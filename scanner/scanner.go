// SPDX-License-Identifier: Apache-2.0

// Package scanner holds the words and the contract of CareScan: what is looked
// at (Target, Scope), what was seen (Observation), how it is judged (Check,
// Verdict, Finding), what an authority asks for (Control) and one execution of
// it all (Plan, Run).
//
// It imports the standard library only, so that every other package may speak
// these words without inheriting anything.
package scanner
