// SPDX-License-Identifier: Apache-2.0

package settings_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"carescan/scanner/scannertest"
	"carescan/scanner/settings"
)

// TestHostileFileTakesLittleMemory: a file of the size that is read costs what its
// letters cost, and not what a tree of them would.
func TestHostileFileTakesLittleMemory(t *testing.T) {
	full := func(head, part string) string {
		return head + strings.Repeat(part, (settings.MaxFile-len(head))/len(part))
	}
	laughs := "a0: &a0 [x]\n" // each line holds the one before nine times
	for i := range 25 {
		laughs += fmt.Sprintf("a%d: &a%d [%s*a%d]\n", i+1, i+1, strings.Repeat(fmt.Sprintf("*a%d,", i), 8), i)
	}
	for name, content := range map[string]string{
		"items":          full("list: [", "a,"),
		"empty-items":    full("list: [", "{},"),
		"dashes":         full("", "-\n"),
		"dashes-in-line": full("", "- "),
		"keys":           full("", "a:\n"),
		"flow-keys":      full("{", "a:,"),
		"explicit-keys":  full("", "?\n"),
		"brackets":       full("", "["),
		"closed":         full("list: [", "[],"),
		"deep":           strings.Repeat("[", 9000) + strings.Repeat("]", 9000),
		"comments":       full("", "#\n"),
		"commented":      full("", "- #\n"),
		"commented-keys": full("", "#\na: #\n"),
		"references":     laughs,
		"anchors":        full("", "- &a\n"),
		"tags":           full("", "- !a\n"),
		"documents":      full("", "---\n"),
		"just-under":     strings.Repeat("- #\n", 99_999),
		"under-and-wide": strings.Repeat("? a\n", 99_999) + strings.Repeat("#\n", 300_000),
		"one-text":       full("text: ", "a"),
		"one-key":        full("", "a"),
		"quoted":         full("text: \"", "\\u00e9"),
		"lines":          full("text: |\n", " a\n"),
		"blank":          full("", "\n"),
	} {
		t.Run(name, func(t *testing.T) {
			scannertest.WithinMemory(t, func(t *testing.T) {
				var value struct {
					List []string `yaml:"list"`
					Text string   `yaml:"text"`
				}
				began := time.Now()
				_, err := settings.Decode("agent.yaml", []byte(content), &value)
				t.Logf("it took %s: %.200v", time.Since(began).Round(time.Millisecond), err)
			})
		})
	}
}
