// SPDX-License-Identifier: Apache-2.0

package scanner_test

import (
	"regexp"
	"strings"
	"testing"

	"carescan/scanner"
)

// The numbers come from regulation.md section 9, which prints six of those it
// tested; the Corsican and overseas ones have the form it describes.
func TestParseFINESS(t *testing.T) {
	tests := []struct {
		name, input string
		want        scanner.FINESS
		warns       bool
	}{
		{name: "published-1", input: "750712184", want: "750712184"},
		{name: "published-2", input: "750100125", want: "750100125"},
		{name: "published-3", input: "690781810", want: "690781810"},
		{name: "published-4", input: "130786049", want: "130786049"},
		{name: "published-5", input: "540002698", want: "540002698"},
		{name: "published-6", input: "580008803", want: "580008803"},
		{name: "south-corsica", input: "2A0000014", want: "2A0000014"},
		{name: "north-corsica", input: "2B0000020", want: "2B0000020"},
		{name: "corsica-lower-case", input: "2a0000014", want: "2A0000014"},
		{name: "corsica-letters-are-not-equal", input: "2B0000014", want: "2B0000014", warns: true},
		{name: "overseas", input: "970408589", want: "970408589"},
		{name: "mayotte", input: "980500003", want: "980500003"},
		{name: "with-spaces", input: " 690 781 810\n", want: "690781810"},
		{name: "with-no-break-spaces", input: "690\u00a0781\u202f810", want: "690781810"},
		{name: "official-example-with-wrong-key", input: "458174839", want: "458174839", warns: true},
		{name: "two-digits-swapped", input: "690781801", want: "690781801", warns: true},
		{name: "letter-elsewhere", input: "69A781810", want: "69A781810", warns: true},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			got, warning, err := scanner.ParseFINESS(tc.input)
			if err != nil {
				t.Fatal(err)
			}
			if got != tc.want {
				t.Errorf("number is %q, want %q", got, tc.want)
			}
			if (warning != "") != tc.warns {
				t.Errorf("warning is %q, want one: %t", warning, tc.warns)
			}
		})
	}
}

func TestParseFINESS_refuses(t *testing.T) {
	for _, input := range []string{"", " ", "69078181", "6907818100", "69078181-", "69078181é", "ſ90781810", "６90781810"} {
		if got, _, err := scanner.ParseFINESS(input); err == nil {
			t.Errorf("%q was read as %q", input, got)
		}
	}
}

// Every single wrong digit must be noticed: that is what a Luhn key is for.
func TestParseFINESS_noticesOneWrongDigit(t *testing.T) {
	const good = "690781810"
	for i := range len(good) {
		for digit := byte('0'); digit <= '9'; digit++ {
			wrong := good[:i] + string(digit) + good[i+1:]
			_, warning, err := scanner.ParseFINESS(wrong)
			if err != nil || (warning == "") != (wrong == good) {
				t.Errorf("%s: warning %q, error %v", wrong, warning, err)
			}
		}
	}
}

func FuzzParseFINESS(f *testing.F) {
	for _, seed := range []string{"690781810", "2A0000014", "458174839", " 690 781 810 ", "ſ90781810", "", "69078181\xff"} {
		f.Add(seed)
	}
	flow := regexp.MustCompile(`^[A-Za-z0-9]{9}$`) // the official flow schema
	f.Fuzz(func(t *testing.T, input string) {
		number, warning, err := scanner.ParseFINESS(input)
		joined := strings.Join(strings.Fields(input), "")
		if (err == nil) != flow.MatchString(joined) {
			t.Fatalf("%q: error is %v", input, err)
		}
		if err != nil {
			return
		}
		if string(number) != strings.ToUpper(joined) {
			t.Errorf("%q was read as %q", input, number)
		}
		again, warningAgain, err := scanner.ParseFINESS(string(number))
		if err != nil || again != number || warningAgain != warning {
			t.Errorf("%q read again: %q, %q, %v", number, again, warningAgain, err)
		}
	})
}
