// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"carescan/scanner"
	"carescan/scanner/settings"
)

func TestReport(t *testing.T) {
	problem := &Problem{
		Sentence: scanner.Text{FR: "fichier illisible : « a »", EN: "file cannot be read"},
		Hint:     scanner.Text{FR: "vérifiez les droits", EN: "check its rights"},
		Cause:    errors.New("permission denied"),
	}
	faults := settings.Faults{
		{File: "agent.yaml", Line: 3, Key: "scope.until", What: scanner.Text{FR: "« demain » n'est pas une date", EN: `"demain" is not a date`}, Hint: scanner.Text{FR: "écrivez 2027-06-01", EN: "write 2027-06-01"}},
		{File: "agent.yaml", Line: 5, Key: "colour", What: scanner.Text{FR: "la clé n'est pas connue", EN: "the key is not known"}, Hint: scanner.Text{FR: "retirez-la", EN: "remove it"}},
	}
	for name, test := range map[string]struct {
		err  error
		lang scanner.Lang
		code int
		want string
	}{
		"none":            {nil, scanner.French, ExitOK, ""},
		"code-only":       {fmt.Errorf("scan: %w", Exit(ExitFailed)), scanner.French, ExitFailed, ""},
		"problem-french":  {fmt.Errorf("scan: %w", problem), scanner.French, ExitUnusable, "x: erreur: fichier illisible\u00a0: «\u00a0a\u00a0»\nx: détail: permission denied\nx: conseil: vérifiez les droits\n"},
		"problem-english": {problem, scanner.English, ExitUnusable, "x: error: file cannot be read\nx: detail: permission denied\nx: hint: check its rights\n"},
		"faults-french": {
			&Problem{Sentence: problem.Sentence, Hint: problem.Hint, Cause: faults}, scanner.French, ExitUnusable,
			"x: erreur: fichier illisible\u00a0: «\u00a0a\u00a0»\n" +
				"x: erreur: agent.yaml, ligne 3, scope.until\u00a0: « demain » n'est pas une date\nx: conseil: écrivez 2027-06-01\n" +
				"x: erreur: agent.yaml, ligne 5, colour\u00a0: la clé n'est pas connue\nx: conseil: retirez-la\n" +
				"x: conseil: vérifiez les droits\n",
		},
		"faults-english": {
			fmt.Errorf("load: %w", faults), scanner.English, ExitUnusable,
			"x: error: agent.yaml, line 3, scope.until: \"demain\" is not a date\nx: hint: write 2027-06-01\n" +
				"x: error: agent.yaml, line 5, colour: the key is not known\nx: hint: remove it\n",
		},
		"fault-of-a-flag": {
			settings.Fault{File: "--until", What: faults[0].What, Hint: faults[0].Hint},
			scanner.English, ExitUnusable,
			"x: error: --until: \"demain\" is not a date\nx: hint: write 2027-06-01\n",
		},
		"fault-with-detail": {
			settings.Fault{File: "agent.yaml", What: scanner.Text{FR: "ce n'est pas une liste", EN: "this is no list"}, Hint: faults[0].Hint, Detail: "unexpected EOF"},
			scanner.French, ExitUnusable,
			"x: erreur: agent.yaml\u00a0: ce n'est pas une liste\nx: détail: unexpected EOF\nx: conseil: écrivez 2027-06-01\n",
		},
		"plain": {errors.New("disk error"), scanner.French, ExitUnusable, "x: erreur: la commande n'a pas pu être exécutée\nx: détail: disk error\nx: conseil: voir «\u00a0x --help\u00a0»\n"},
	} {
		t.Run(name, func(t *testing.T) {
			var out strings.Builder
			if code := Report(&out, "x", test.lang, test.err); code != test.code || out.String() != test.want {
				t.Errorf("Report = %d and %q, want %d and %q", code, out.String(), test.code, test.want)
			}
		})
	}
}

func TestLanguageOfLocale(t *testing.T) {
	for locale, want := range map[string]scanner.Lang{
		"fr_FR.UTF-8": scanner.French, "en_GB.UTF-8": scanner.English, "C.UTF-8": scanner.French, "de_DE": scanner.French,
	} {
		t.Setenv("LC_ALL", locale)
		if got := DefaultLanguage(); got.Lang != want {
			t.Errorf("language of %q = %s, want %s", locale, got.Lang, want)
		}
	}
	if err := (&Language{}).Set("de"); err == nil {
		t.Error("an unknown language must be refused")
	}
}
