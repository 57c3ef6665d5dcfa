// SPDX-License-Identifier: Apache-2.0

package store_test

import (
	"strings"
	"testing"
	"time"

	"carescan/cmd/aggregator/internal/regiontest"
	"carescan/cmd/aggregator/internal/storetest"
)

// TestSessionIsWrittenWhenItChanges moves the end of a session as pages do: what changes
// nothing else, and by less than a minute, is not written.
func TestSessionIsWrittenWhenItChanges(t *testing.T) {
	storetest.Each(t, testSessionIsWrittenWhenItChanges)
}

func testSessionIsWrittenWhenItChanges(t *testing.T) {
	r := regiontest.New(t)
	end := time.Now().Add(time.Hour).Truncate(time.Second)
	steps := []struct {
		name    string
		content string
		end     time.Time
		written bool
	}{
		{"new", "a", end, true},
		{"next page", "a", end.Add(10 * time.Second), false},
		{"a minute later", "a", end.Add(time.Minute), true},
		{"other content", "b", end.Add(time.Minute), true},
		{"shorter", "b", end, true},
		{"the same", "b", end, false},
	}
	for _, step := range steps {
		before := strings.Join(r.Rows("session")["session"], "\n")
		if err := r.Store.Sessions().CommitCtx(t.Context(), "token", []byte(step.content), step.end); err != nil {
			t.Fatal(err)
		}
		if written := strings.Join(r.Rows("session")["session"], "\n") != before; written != step.written {
			t.Errorf("%s: written %v, want %v", step.name, written, step.written)
		}
		content, found, err := r.Store.Sessions().FindCtx(t.Context(), "token")
		if string(content) != step.content || !found || err != nil {
			t.Errorf("%s: the session holds %q, %v", step.name, content, err)
		}
	}
}

// TestForgetSessions forgets those that ended, and no other.
func TestForgetSessions(t *testing.T) { storetest.Each(t, testForgetSessions) }

func testForgetSessions(t *testing.T) {
	r := regiontest.New(t)
	now := time.Now()
	for token, end := range map[string]time.Time{"ended": now.Add(-time.Second), "open": now.Add(time.Hour)} {
		if err := r.Store.Sessions().CommitCtx(t.Context(), token, []byte(token), end); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.Store.ForgetSessions(t.Context(), now); err != nil {
		t.Fatal(err)
	}
	if rows := r.Rows("session")["session"]; len(rows) != 1 || !strings.Contains(rows[0], "token_hash=open") {
		t.Errorf("left: %q", rows)
	}
}
