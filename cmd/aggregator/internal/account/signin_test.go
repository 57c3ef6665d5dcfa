// SPDX-License-Identifier: Apache-2.0

package account

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"
	"github.com/pquerna/otp/totp"

	"carescan/cmd/aggregator/internal/store"
	"carescan/cmd/aggregator/internal/storetest"
)

const (
	home     = "192.0.2.1"
	phrase   = "une phrase de passe"
	resident = "camille@agr.test"
)

// settle makes a person who has signed in from home, and gives their second factor.
func settle(t *testing.T, a *Accounts) (secret string) {
	t.Helper()
	link, err := a.Invite(t.Context(), Person{Name: "Camille", Email: resident})
	if err != nil {
		t.Fatal(err)
	}
	offer, err := a.Welcome(t.Context(), link)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := a.Accept(t.Context(), offer, Choice{Password: phrase, Code: code(t, offer.Secret), Origin: home}); err != nil {
		t.Fatal(err)
	}
	return offer.Secret
}

func code(t *testing.T, secret string) string {
	t.Helper()
	shown, err := totp.GenerateCode(secret, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return shown
}

// enter signs the resident in with a new code, from an origin.
func enter(t *testing.T, a *Accounts, secret, origin string) error {
	t.Helper()
	time.Sleep(30 * time.Second)
	return enterNow(t, a, secret, origin)
}

func enterNow(t *testing.T, a *Accounts, secret, origin string) error {
	t.Helper()
	_, err := a.SignIn(t.Context(), Proof{Email: resident, Password: phrase, Code: code(t, secret), Origin: origin})
	return err
}

// burst counts attempts as a stranger's do, without the price of their passwords.
func burst(t *testing.T, a *Accounts, p Proof, n int) (borne int) {
	t.Helper()
	for range n {
		now := time.Now()
		err := a.store.ReserveSignIn(t.Context(), p.attempt(uuid.NewString(), now, false), now.Add(-attemptWindow))
		switch {
		case err == nil:
			borne++
		case !errors.Is(err, store.ErrTooMany):
			t.Fatal(err)
		}
	}
	return borne
}

// TestParallelGuessesCount sends sixty-four guesses at once: five are looked at, the
// others were too many, or put off.
func TestParallelGuessesCount(t *testing.T) { storetest.Each(t, testParallelGuessesCount) }

func testParallelGuessesCount(t *testing.T) {
	a := accounts(t, key)
	results := make([]error, 64)
	var group sync.WaitGroup
	for i := range results {
		group.Go(func() {
			_, results[i] = a.SignIn(t.Context(), Proof{Email: resident, Password: fmt.Sprint("guess ", i), Code: "000000", Origin: home})
		})
	}
	group.Wait()
	refused := 0
	for _, err := range results {
		switch {
		case errors.Is(err, ErrRefused):
			refused++
		case !errors.Is(err, ErrTooMany) && !errors.Is(err, ErrBusy):
			t.Errorf("a guess ended with %v", err)
		}
	}
	if refused != maxPerPair {
		t.Errorf("%d guesses were looked at, want %d", refused, maxPerPair)
	}
}

// TestStrangersLockNobodyOut: bursts from everywhere on one account, and beside its
// owner on others, leave it to its owner where they usually come from.
func TestStrangersLockNobodyOut(t *testing.T) { storetest.Each(t, testStrangersLockNobodyOut) }

func testStrangersLockNobodyOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := accounts(t, key)
		secret := settle(t, a)
		elsewhere, beside := 0, 0
		for i := range 100 {
			elsewhere += burst(t, a, Proof{Email: resident, Origin: fmt.Sprintf("198.51.100.%d", i)}, 1)
			beside += burst(t, a, Proof{Email: fmt.Sprintf("other%d@agr.test", i), Origin: home}, 1)
		}
		if elsewhere != maxPerAccount || beside != maxPerOrigin {
			t.Errorf("%d attempts from elsewhere and %d from beside were borne, want %d and %d", elsewhere, beside, maxPerAccount, maxPerOrigin)
		}
		if err := enter(t, a, secret, home); err != nil {
			t.Errorf("from home: %v", err)
		}
		if err := enter(t, a, secret, "203.0.113.9"); !errors.Is(err, ErrTooMany) {
			t.Errorf("from a new address: %v, want %v", err, ErrTooMany)
		}
		time.Sleep(attemptWindow)
		for _, origin := range []string{"203.0.113.9", home} {
			if err := enter(t, a, secret, origin); err != nil {
				t.Errorf("a quarter of an hour later, from %s: %v", origin, err)
			}
		}
	})
}

// TestUsualOriginEnds with three months without a sign-in, and with new secrets.
func TestUsualOriginEnds(t *testing.T) { storetest.Each(t, testUsualOriginEnds) }

func testUsualOriginEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := accounts(t, key)
		secret := settle(t, a)
		known := func() bool {
			t.Helper()
			_, usual, err := a.expected(t.Context(), Proof{Email: resident, Origin: home}, time.Now())
			if err != nil {
				t.Fatal(err)
			}
			return usual
		}
		time.Sleep(usualFor - time.Hour)
		if !known() {
			t.Error("home is forgotten before its time")
		}
		if err := enter(t, a, secret, home); err != nil {
			t.Fatal(err)
		}
		time.Sleep(usualFor - time.Hour)
		if !known() {
			t.Error("home is not remembered from the last sign-in")
		}
		link, err := a.Reset(t.Context(), resident)
		if err != nil {
			t.Fatal(err)
		}
		offer, err := a.Welcome(t.Context(), link)
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := a.Accept(t.Context(), offer, Choice{Password: phrase, Code: code(t, offer.Secret), Origin: "203.0.113.9"}); err != nil {
			t.Fatal(err)
		}
		if known() {
			t.Error("home outlives the secrets it was known by")
		}
	})
}

// TestForgetKeepsNoTraceOfWhoLeft: where a person came from is not kept for longer than
// it serves, though they never come back, nor the attempts of strangers.
func TestForgetKeepsNoTraceOfWhoLeft(t *testing.T) {
	storetest.Each(t, testForgetKeepsNoTraceOfWhoLeft)
}

func testForgetKeepsNoTraceOfWhoLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := accounts(t, key)
		settle(t, a)
		begin := time.Now()
		if _, err := a.SignIn(t.Context(), Proof{Email: resident, Password: "a guess of a stranger", Code: "000000", Origin: "203.0.113.9"}); !errors.Is(err, ErrRefused) {
			t.Fatal(err)
		}
		kept := func() (usual bool, full error) {
			t.Helper()
			u, err := a.store.UserByEmail(t.Context(), resident)
			if err != nil {
				t.Fatal(err)
			}
			usual, err = a.store.IsUsual(t.Context(), u.ID, home, time.Time{})
			if err != nil {
				t.Fatal(err)
			}
			stranger := store.Attempt{ID: "try", Bounds: []store.Bound{{Subject: "origin 203.0.113.9", Since: begin.Add(-time.Hour), Most: 1}}}
			return usual, a.store.ReserveSignIn(t.Context(), stranger, time.Time{})
		}
		steps := []struct {
			after time.Duration
			usual bool
			full  error
		}{{0, true, store.ErrTooMany}, {attemptWindow + time.Minute, true, nil}, {usualFor, false, nil}}
		for _, step := range steps {
			time.Sleep(step.after)
			if err := a.Forget(t.Context(), time.Now()); err != nil {
				t.Fatal(err)
			}
			if usual, full := kept(); usual != step.usual || !errors.Is(full, step.full) {
				t.Errorf("after %s: usual %v, attempts %v; want %v, %v", step.after, usual, full, step.usual, step.full)
			}
		}
	})
}

// TestSuccessIsNoAttempt: whoever signs in often is not kept out.
func TestSuccessIsNoAttempt(t *testing.T) { storetest.Each(t, testSuccessIsNoAttempt) }

func testSuccessIsNoAttempt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := accounts(t, key)
		secret := settle(t, a)
		for i := range 2 * maxPerPair {
			if err := enter(t, a, secret, home); err != nil {
				t.Fatalf("sign-in %d: %v", i, err)
			}
		}
	})
}

// TestQueueOfHashingsIsBounded: strangers fill their part of it and no more; those who
// are put off are not counted.
func TestQueueOfHashingsIsBounded(t *testing.T) { storetest.Each(t, testQueueOfHashingsIsBounded) }

func testQueueOfHashingsIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := accounts(t, key)
		secret := settle(t, a)
		time.Sleep(30 * time.Second) // another code is shown
		var ends []func()
		for range maxHashing {
			end, err := a.hashing.begin(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			ends = append(ends, end)
		}
		var group sync.WaitGroup
		putOff := make(chan error, 100)
		for i := range cap(putOff) {
			group.Go(func() {
				_, err := a.SignIn(t.Context(), Proof{Email: "nobody@agr.test", Origin: fmt.Sprintf("198.51.100.%d", i)})
				putOff <- err
			})
		}
		synctest.Wait()
		if got, want := len(putOff), cap(putOff)-(maxHashing+maxQueued-reservedPlaces); got != want {
			t.Errorf("%d strangers were put off at once, want %d", got, want)
		}
		for range 2 * maxPerPair {
			if err := enterNow(t, a, secret, "203.0.113.9"); !errors.Is(err, ErrBusy) {
				t.Fatalf("a stranger to the address: %v, want %v", err, ErrBusy)
			}
		}
		signed := make(chan error, 1)
		go func() { signed <- enterNow(t, a, secret, home) }()
		synctest.Wait()
		time.Sleep(time.Second)
		for _, end := range ends {
			end()
		}
		if err := <-signed; err != nil {
			t.Errorf("from home: %v", err)
		}
		group.Wait()
	})
}
