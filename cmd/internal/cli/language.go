// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"
	"os"
	"strings"

	"carescan/scanner"
)

// Language is a flag value: the language of what a person reads.
type Language struct{ scanner.Lang }

// DefaultLanguage is English where the locale says so, French everywhere else.
func DefaultLanguage() Language {
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if locale := os.Getenv(name); locale != "" {
			return languageOf(locale)
		}
	}
	return Language{scanner.French}
}

func languageOf(locale string) Language {
	if strings.HasPrefix(locale, "en") {
		return Language{scanner.English}
	}
	return Language{scanner.French}
}

// String is the value of the flag.
func (l *Language) String() string { return string(l.Lang) }

// Type names the value in the usage.
func (l *Language) Type() string { return "fr|en" }

// Set reads the flag.
func (l *Language) Set(value string) error {
	switch lang := scanner.Lang(value); lang {
	case scanner.French, scanner.English:
		l.Lang = lang
		return nil
	}
	return fmt.Errorf("language %q must be fr or en", value)
}
