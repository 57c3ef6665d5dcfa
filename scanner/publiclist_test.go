// SPDX-License-Identifier: Apache-2.0

package scanner

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestPublicListSaysItsAge(t *testing.T) {
	kev := PublicList{Name: "CISA KEV", Date: time.Date(2026, 8, 21, 17, 46, 0, 0, time.UTC), Holds: 1674, Source: "https://cisa.test/kev", SHA256: "00ff"}
	mine := kev
	mine.Replaced, mine.Extract, mine.Holds = true, true, 1
	for name, tt := range map[string]struct {
		list PublicList
		at   time.Time
		want Text
	}{
		"ninety_days": {
			kev, time.Date(2026, 11, 19, 12, 0, 0, 0, time.UTC),
			Text{"CISA KEV du 21 août 2026, 1674 entrées, copie du programme (https://cisa.test/kev, SHA-256 00ff)", "CISA KEV of 21 August 2026, 1674 entries, copy of the program (https://cisa.test/kev, SHA-256 00ff)"},
		},
		"a_day_more": {
			kev, time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC),
			Text{
				"CISA KEV du 21 août 2026, 1674 entrées, copie du programme (https://cisa.test/kev, SHA-256 00ff) ; elle a 91 jours, plus de 90 : ce qui a été publié depuis n’est pas connu",
				"CISA KEV of 21 August 2026, 1674 entries, copy of the program (https://cisa.test/kev, SHA-256 00ff); it is 91 days old, more than 90: what was published since is not known",
			},
		},
		"file_of_one": {
			mine, kev.Date,
			Text{"CISA KEV du 21 août 2026, 1 entrée, extrait, fichier de l’établissement (https://cisa.test/kev, SHA-256 00ff)", "CISA KEV of 21 August 2026, 1 entry, extract, file of the establishment (https://cisa.test/kev, SHA-256 00ff)"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want.Typeset(), tt.list.Sentence(tt.at)); diff != "" {
				t.Errorf("sentence (-want +got):\n%s", diff)
			}
		})
	}
}

func TestPublicListInBrief(t *testing.T) {
	list := PublicList{Name: "CISA KEV", Date: time.Date(2026, 8, 21, 0, 0, 0, 0, time.UTC), Holds: 1674, Source: "https://cisa.test/kev", SHA256: "00ff"}
	for at, want := range map[time.Time]string{
		list.Date:                    "CISA KEV du 21 août 2026",
		list.Date.AddDate(0, 0, 102): "CISA KEV du 21 août 2026 ; elle a 102 jours, plus de 90 : ce qui a été publié depuis n’est pas connu",
	} {
		if got := list.Brief(at).FR; got != Typeset(French, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
