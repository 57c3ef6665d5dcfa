// SPDX-License-Identifier: Apache-2.0

package account

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"carescan/cmd/aggregator/internal/store"
	"carescan/cmd/aggregator/internal/storetest"
)

func accounts(t *testing.T, secret string) *Accounts {
	t.Helper()
	s, err := store.Open(t.Context(), storetest.Place(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	a, err := New(s, []byte(secret), "CareScan")
	if err != nil {
		t.Fatal(err)
	}
	return a
}

const key = "0123456789abcdef0123456789abcdef"

func TestFactorIsReadByItsOwnerAndKeyOnly(t *testing.T) {
	a := accounts(t, key)
	sealed, err := a.newFactor("alice")
	if err != nil {
		t.Fatal(err)
	}
	secret, err := a.Reveal("alice", sealed)
	if err != nil || len(secret) != 32 || strings.Contains(sealed, secret) {
		t.Errorf("secret of %d characters: %v", len(secret), err)
	}
	if _, err := a.Reveal("bob", sealed); err == nil {
		t.Error("another person's factor was read")
	}
	if _, err := accounts(t, strings.ToUpper(key)).Reveal("alice", sealed); err == nil {
		t.Error("a factor was read with another key")
	}
	if _, err := New(a.store, []byte("short"), ""); err == nil {
		t.Error("a short key was accepted")
	}
}

func TestStepOf(t *testing.T) {
	const secret = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
	now := time.Unix(1_800_000_015, 0)
	for name, c := range map[string]struct {
		drift time.Duration
		found bool
	}{
		"now": {0, true}, "before": {-30 * time.Second, true}, "after": {30 * time.Second, true},
		"too_old": {-61 * time.Second, false}, "too_new": {61 * time.Second, false},
	} {
		t.Run(name, func(t *testing.T) {
			code, err := totp.GenerateCode(secret, now.Add(c.drift))
			if err != nil {
				t.Fatal(err)
			}
			step, err := stepOf(secret, code[:3]+" "+code[3:], now)
			if err != nil || (step != 0) != c.found || c.found && step != now.Add(c.drift).Unix()/30 {
				t.Errorf("step %d: %v", step, err)
			}
		})
	}
}

func TestPasswords(t *testing.T) {
	a := accounts(t, key)
	hash, err := a.hash(t.Context(), "une phrase de passe")
	if err != nil || !strings.HasPrefix(hash, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Fatalf("hash %q: %v", hash, err)
	}
	for password, want := range map[string]bool{"une phrase de passe": true, "une phrase de passé": false, "": false, strings.Repeat("x", 1000): false} {
		if got, err := a.matches(t.Context(), password, hash); err != nil || got != want {
			t.Errorf("matches(%.20q) is not %v: %v", password, want, err)
		}
	}
	if got, err := a.matches(t.Context(), "", ""); err != nil || got {
		t.Errorf("no password matches no hash: %v", err)
	}
	for password, want := range map[string]error{
		"onze carac.": ErrPassword, "aaaaaaaaaaaaaaaa": ErrPassword, strings.Repeat("abcdef", 30): ErrPassword, "douze caract": nil,
	} {
		if err := acceptPassword(password); !errors.Is(err, want) {
			t.Errorf("acceptPassword(%.20q) = %v, want %v", password, err, want)
		}
	}
}

func TestInviteOnce(t *testing.T) { storetest.Each(t, testInviteOnce) }

func testInviteOnce(t *testing.T) {
	a := accounts(t, key)
	p := Person{Name: "Camille", Email: "Camille@agr.test"}
	first, err := a.Invite(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.Invite(t.Context(), p); !errors.Is(err, store.ErrExists) {
		t.Errorf("invited twice: %v", err)
	}
	second, err := a.Reset(t.Context(), "camille@AGR.test")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.Welcome(t.Context(), first); !errors.Is(err, ErrLink) {
		t.Errorf("the first link still works: %v", err)
	}
	offer, err := a.Welcome(t.Context(), second)
	if err != nil || offer.Email != "camille@agr.test" {
		t.Errorf("offer %+v: %v", offer, err)
	}
}
