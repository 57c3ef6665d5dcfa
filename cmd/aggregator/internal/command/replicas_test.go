// SPDX-License-Identifier: Apache-2.0

package command

import (
	"bytes"
	"errors"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"carescan/cmd/aggregator/internal/regiontest"
	"carescan/cmd/aggregator/internal/store"
	"carescan/cmd/aggregator/internal/storetest"
	"carescan/cmd/internal/wire"
	"carescan/scanner"
)

// TestRollingRestart restarts two replicas in turn while an agent sends: every bundle is
// acknowledged, and kept once.
func TestRollingRestart(t *testing.T) {
	t.Run("postgres", func(t *testing.T) {
		r := regiontest.New(t)
		a := r.Enrol(r.Establishment("690000013", "CHU A").FINESS)
		replicas := make([]atomic.Pointer[serving], 2)
		flags := storetest.Flags(store.Place{Folder: "", Postgres: r.Postgres})[2:]
		serve := func(n int) {
			s := start(t, withKeysOf(t, r.Folder), flags...)
			replicas[n].Store(&s)
		}
		serve(0)
		serve(1)
		stop, sent := make(chan struct{}), make(chan int, 1)
		go func() {
			n := 0
			defer func() { sent <- n }()
			for {
				select {
				case <-stop:
					return
				case <-time.After(20 * time.Millisecond):
				}
				if !deliver(t, a, replicas, n) {
					return
				}
				n++
			}
		}()
		for n := range replicas {
			old := replicas[n].Load()
			old.stop()
			if code := <-old.code; code != 0 {
				t.Errorf("replica %d ended with %d", n, code)
			}
			serve(n)
		}
		close(stop)
		n := <-sent
		bundles, err := r.Store.Bundles(t.Context(), store.Region(), "690000013", 1<<20)
		if err != nil || len(bundles) != n || n == 0 {
			t.Errorf("%d bundles are kept, %d were acknowledged: %v", len(bundles), n, err)
		}
	})
}

// withKeysOf is the folder of a replica: it holds the keys of the region, and nothing else.
func withKeysOf(t *testing.T, folder string) string {
	t.Helper()
	keys := filepath.Join(t.TempDir(), "data", "keys")
	if err := os.MkdirAll(keys, 0o700); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(folder, "keys", "*"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(keys, filepath.Base(file)), raw, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Dir(keys)
}

// deliver sends one bundle as an agent does behind a load balancer: to one replica, then
// to the next as long as none has answered.
func deliver(t *testing.T, a *regiontest.Agent, replicas []atomic.Pointer[serving], n int) bool {
	t.Helper()
	h := a.Header()
	raw := a.Seal(h, regiontest.Run(t, a.Site, time.Now().UTC().Add(-time.Minute), regiontest.Said{
		Check: "exposure.spf-record", Target: scanner.DomainTarget("chu.test"), Outcome: scanner.Pass, Severity: scanner.High,
	}))
	for try := range 100 {
		where := replicas[(n+try)%len(replicas)].Load().where.Agent
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPut, where+wire.PathBundles+"/"+h.ID, bytes.NewReader(raw))
		if err != nil {
			t.Error(err)
			return false
		}
		request.Header.Set("Content-Type", wire.MediaBundle)
		response, err := a.Client.Do(request)
		if err != nil {
			continue // this replica is being restarted
		}
		defer response.Body.Close()
		if response.StatusCode != http.StatusCreated && response.StatusCode != http.StatusOK {
			t.Errorf("bundle %d: status %d", n, response.StatusCode)
			return false
		}
		return true
	}
	t.Errorf("bundle %d: no replica is up", n)
	return false
}

// TestReplicaWithOtherKeys begins a server without the keys of the region that its
// database belongs to, and with others.
func TestReplicaWithOtherKeys(t *testing.T) {
	t.Run("postgres", func(t *testing.T) {
		place := storetest.Place(t)
		say(t, append(storetest.Flags(place), "init")...)
		say(t, append(storetest.Flags(place), "doctor")...)
		without := store.Place{Folder: filepath.Join(t.TempDir(), "data"), Postgres: place.Postgres}
		if code, said := told(t, append(storetest.Flags(without), "init")...); code != 2 || !strings.Contains(said, "copiez le dossier keys") {
			t.Errorf("without keys: code %d, %s", code, said)
		}
		if _, err := os.Stat(filepath.Join(without.Folder, "keys")); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("keys were made all the same: %v", err)
		}
		other := store.Place{Folder: filepath.Join(t.TempDir(), "data")}
		say(t, append(storetest.Flags(other), "init")...)
		other.Postgres = place.Postgres
		if code, said := told(t, append(storetest.Flags(other), "doctor")...); code != 2 || !strings.Contains(said, "autres clés") {
			t.Errorf("with other keys: code %d, %s", code, said)
		}
		say(t, append(storetest.Flags(store.Place{Folder: withKeysOf(t, place.Folder), Postgres: place.Postgres}), "doctor")...)
	})
}
