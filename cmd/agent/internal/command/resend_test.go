// SPDX-License-Identifier: Apache-2.0

package command

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"testing"

	"github.com/google/uuid"

	"carescan/cmd/agent/internal/identity"
	"carescan/cmd/agent/internal/spool"
	"carescan/cmd/internal/cli"
	"carescan/scanner"
)

// TestResend puts what is kept back among what waits; the uplink then sends it.
func TestResend(t *testing.T) {
	for name, c := range map[string]struct {
		from            uint64
		waiting, warned int
		refused         bool
	}{
		"middle":      {2, 2, 0, false},
		"all":         {1, 3, 0, false},
		"zero":        {0, 3, 0, false},
		"beyond":      {9, 0, 0, true},
		"older-asked": {1, 2, 1, false}, // the first was let go
	} {
		t.Run(name, func(t *testing.T) {
			var told bytes.Buffer
			a := &app{err: &told, lang: cli.Language{Lang: scanner.French}}
			folder := t.TempDir()
			s := must(spool.Open(folder))(t)
			for n := range 3 {
				sealed := must(s.Seal(uuid.NewString(), func(seq uint64, _ string) ([]byte, error) { return fmt.Appendf(nil, "bundle %d", seq), nil }))(t)
				if err := s.Acknowledge(sealed.Entry, []byte("{}")); err != nil {
					t.Fatal(err)
				}
				if name == "older-asked" && n == 0 {
					letGo(t, s)
				}
			}
			d := &desk{identity: must(identity.Open(t.TempDir()))(t), spool: s, agentID: "agent-1"}
			err := a.sendAgain(t.Context(), d, c.from)
			// No aggregator is at hand: what was put back waits for it.
			if _, isProblem := errors.AsType[*cli.Problem](err); !isProblem {
				t.Errorf("sendAgain = %v, want a sentence", err)
			}
			if n := len(must(s.Waiting())(t)); n != c.waiting {
				t.Errorf("%d bundles wait, want %d", n, c.waiting)
			}
			if n := bytes.Count(told.Bytes(), []byte("attention:")); n != c.warned {
				t.Errorf("warned %d times, want %d: %s", n, c.warned, told.String())
			}
		})
	}
}

// letGo removes the oldest bundle, as thirty days and many others would.
func letGo(t *testing.T, s *spool.Spool) {
	t.Helper()
	if err := os.Remove(must(s.Sent())(t)[0].Path); err != nil {
		t.Fatal(err)
	}
}

func must[T any](value T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}
