// SPDX-License-Identifier: Apache-2.0

package settings

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestBelow(t *testing.T) {
	var got []string
	for _, f := range (Faults{{Key: ""}, {Key: "url"}, {Key: At(1) + ".url"}}).Below("directories") {
		got = append(got, f.Key)
	}
	if diff := cmp.Diff([]string{"directories", "directories.url", "directories[1].url"}, got); diff != "" {
		t.Errorf("keys (-want +got):\n%s", diff)
	}
}

func TestUnreadableNamesNoPath(t *testing.T) {
	_, absent := os.ReadFile(filepath.Join(t.TempDir(), "Zorglub"))
	for name, test := range map[string]struct {
		err    error
		fr, en string
	}{
		"absent":    {absent, "le fichier n'existe pas", "the file does not exist"},
		"forbidden": {&fs.PathError{Op: "open", Path: "Zorglub", Err: fs.ErrPermission}, "les droits ne permettent pas de lire le fichier", "the rights do not let the file be read"},
		"other":     {&fs.PathError{Op: "read", Path: "Zorglub", Err: fs.ErrInvalid}, "le fichier n'est pas lisible", "the file cannot be read"},
	} {
		t.Run(name, func(t *testing.T) {
			fault := Unreadable(test.err)[0]
			if !strings.HasPrefix(fault.What.FR, test.fr) || !strings.HasPrefix(fault.What.EN, test.en) || fault.Hint.FR == "" || fault.Hint.EN == "" {
				t.Errorf("Unreadable = %+v", fault)
			}
			if strings.Contains(fault.What.FR+fault.What.EN+fault.Detail, "Zorglub") {
				t.Errorf("Unreadable repeats the path: %+v", fault)
			}
		})
	}
}
