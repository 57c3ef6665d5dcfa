// SPDX-License-Identifier: Apache-2.0

package settings

import "strings"

// longestGuess is the longest key a nearest one is looked for, in bytes: the
// work grows with its square.
const longestGuess = 64

// Nearest is the known word that a wrong one was most likely meant to be, or
// nothing. Case and hyphens weigh nothing.
func Nearest(wrong string, known []string) string {
	if len(wrong) > longestGuess {
		return ""
	}
	plain := plainKey(wrong)
	best, least := "", max(1, min(3, len(plain)/3))+1
	for _, key := range known {
		if d := distance(plain, plainKey(key)); d < least {
			best, least = key, d
		}
	}
	return best
}

// joiners are what people write instead of an underscore.
var joiners = strings.NewReplacer("-", "_", " ", "_")

func plainKey(key string) string { return joiners.Replace(strings.ToLower(key)) }

// distance counts the letters to add, remove, replace or swap with their
// neighbour to turn one word into another (optimal string alignment).
func distance(a, b string) int {
	from, to := []rune(a), []rune(b)
	before, last, row := make([]int, len(to)+1), make([]int, len(to)+1), make([]int, len(to)+1)
	for j := range last {
		last[j] = j
	}
	for i := range from {
		row[0] = i + 1
		for j := range to {
			same := 0
			if from[i] != to[j] {
				same = 1
			}
			row[j+1] = min(last[j+1]+1, row[j]+1, last[j]+same)
			if i > 0 && j > 0 && from[i] == to[j-1] && from[i-1] == to[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(to)]
}
