// SPDX-License-Identifier: Apache-2.0

package journey

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/klauspost/compress/zstd"

	"carescan/cmd/internal/wire"
	"carescan/reports/bundle"
	"carescan/reports/bundle/envelope"
	"carescan/scanner"
)

// memoryLimit is what the aggregator may hold at most, in kilobytes.
const memoryLimit = 256 << 10

// TestHostileAgents sends the aggregator what a broken or malicious agent would:
// each is refused with its documented status, nothing is stored, and the
// process stays small (aggregator.md sections 2 and 9).
func TestHostileAgents(t *testing.T) {
	config, other := papers(t, finess), papers(t, "990000036")
	r := newRegion(t)
	r.serve(t)
	r.command(t, "establishment", "add", "--finess", finess, "--name", "CHU")
	r.command(t, "establishment", "add", "--finess", "990000036", "--name", "Clinique")
	token := r.enrol(t, finess, config)
	r.enrol(t, "990000036", other)
	us, them := keysOf(t, config), keysOf(t, other)
	id := uuid.Must(uuid.NewV7()).String()
	good := us.seal(t, id, 1, finess)

	us.expect(t, r, "first", id, good, http.StatusCreated)
	us.expect(t, r, "again", id, good, http.StatusOK)
	us.expect(t, r, "replay with another digest", id, us.seal(t, id, 1, finess), http.StatusConflict)
	// A clone, or a state put back: kept, and told (docs/adr/0032).
	us.expect(t, r, "number used twice", "", us.seal(t, "", 1, finess), http.StatusCreated)
	them.expect(t, r, "bundle of another establishment", "", them.seal(t, "", 1, finess), http.StatusForbidden)
	them.expect(t, r, "bundle sealed by another agent", "", us.seal(t, "", 2, finess), http.StatusUnprocessableEntity, http.StatusForbidden)
	for range 3 {
		us.expect(t, r, "decompression bomb", "", us.bomb(t), http.StatusRequestEntityTooLarge)
	}
	us.expect(t, r, "200 MB body", "", bytes.Repeat([]byte("x"), 200<<20), http.StatusRequestEntityTooLarge)
	us.expect(t, r, "noise", "", []byte("noise"), http.StatusBadRequest)

	run(t, 2, programs.agent, "enrol", "--config", papers(t, finess), "--token", token) // used already
	if n := countBundles(t, r.data); n != 2 {
		t.Errorf("%d bundles are stored, want the good one and the one of its number", n)
	}
	if peak := peakMemory(t, r.process.Process.Pid); peak > memoryLimit {
		t.Errorf("the aggregator held up to %d kB, want at most %d", peak, memoryLimit)
	} else {
		t.Logf("the aggregator held up to %d kB", peak)
	}
}

// keys is what an enrolled agent holds, used as its thief would.
type keys struct {
	key     *ecdsa.PrivateKey
	agentID string
	client  *http.Client
}

func keysOf(t *testing.T, config string) keys {
	t.Helper()
	state := filepath.Join(filepath.Dir(config), "state")
	var enrolment wire.EnrolResponse
	readJSON(t, filepath.Join(state, "enrolment.json"), &enrolment)
	raw, err := os.ReadFile(filepath.Join(state, "key.pem"))
	if err != nil {
		t.Fatal(err)
	}
	pair, err := tls.X509KeyPair([]byte(enrolment.Certificate), raw)
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(raw)
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM([]byte(enrolment.CA))
	return keys{parsed.(*ecdsa.PrivateKey), enrolment.AgentID, &http.Client{
		Timeout:   time.Minute,
		Transport: &http.Transport{TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS13, RootCAs: roots, Certificates: []tls.Certificate{pair}}},
	}}
}

// seal makes a small good bundle; an empty id is replaced by a new one.
func (k keys) seal(t *testing.T, id string, seq uint64, number scanner.FINESS) []byte {
	t.Helper()
	if id == "" {
		id = uuid.Must(uuid.NewV7()).String()
	}
	now := time.Now().UTC()
	run := scanner.Run{
		Schema: scanner.RunSchema, ID: uuid.Must(uuid.NewV7()).String(), Establishment: scanner.Establishment{FINESS: number, Name: "Essai"},
		Vantage: scanner.VantageInside, Software: "test", Started: now, Ended: now, Status: scanner.RunComplete,
		Profile: scanner.ProfileRef{ID: "etablissement", Version: "1", Digest: scanner.Digest(nil)},
	}
	sealed, err := bundle.Seal(bundle.Bundle{Run: run, Header: bundle.Header{
		ID: id, Seq: seq, AgentID: k.agentID, Software: "test", SealedAt: now, FINESS: number,
	}}, k.key)
	if err != nil {
		t.Fatal(err)
	}
	return sealed
}

// bomb is two hundred megabytes in a few kilobytes, with a good signature.
func (k keys) bomb(t *testing.T) []byte {
	t.Helper()
	var small bytes.Buffer
	w, err := zstd.NewWriter(&small, zstd.WithWindowSize(1<<20), zstd.WithEncoderConcurrency(1))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.CopyN(w, zeros{}, 200<<20); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	sealed, err := envelope.Seal(bundle.PayloadType, small.Bytes(), k.key)
	if err != nil {
		t.Fatal(err)
	}
	return sealed
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// expect sends bytes as a bundle and checks the status of the answer. An empty
// id is read in the bundle, or made up.
func (k keys) expect(t *testing.T, r *region, what, id string, sealed []byte, want ...int) {
	t.Helper()
	if id == "" {
		id = idOf(sealed)
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPut, "https://"+r.agentListen+wire.PathBundles+"/"+id, bytes.NewReader(sealed))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", wire.MediaBundle)
	request.Header.Set(wire.HeaderVersion, strconv.Itoa(wire.Version))
	response, err := k.client.Do(request)
	if err != nil {
		t.Errorf("%s: %v", what, err)
		return
	}
	defer response.Body.Close()
	body, _ := io.ReadAll(io.LimitReader(response.Body, 4<<10))
	if slices.Contains(want, response.StatusCode) {
		return
	}
	t.Errorf("%s: status %d, want %v: %s", what, response.StatusCode, want, body)
}

func idOf(sealed []byte) string {
	if opened, err := bundle.Open(sealed, bundle.Options{}); err == nil {
		return opened.Header.ID
	}
	return uuid.Must(uuid.NewV7()).String()
}

func countBundles(t *testing.T, data string) (n int) {
	t.Helper()
	if err := database(t, data).QueryRowContext(t.Context(), `SELECT count(*) FROM bundle`).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// peakMemory is the most a process ever held, in kilobytes (Linux).
func peakMemory(t *testing.T, pid int) int {
	t.Helper()
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Skipf("memory is measured on Linux: %v", err)
	}
	for line := range strings.Lines(string(raw)) {
		if value, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kilobytes, err := strconv.Atoi(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(value), "kB")))
			if err != nil {
				t.Fatal(err)
			}
			return kilobytes
		}
	}
	t.Fatal("the kernel does not tell the peak memory of the process")
	return 0
}

// TestSealedBeforeEnrolment shows that what an agent saw before anybody knew it
// is not lost: it travels first, once the agent is enrolled.
func TestSealedBeforeEnrolment(t *testing.T) {
	config := papers(t, finess)
	r := newRegion(t)
	r.serve(t)
	run(t, 3, programs.agent, "scan", "--config", config, "--quiet")
	r.welcome(t, finess, "CHU", config)
	run(t, 3, programs.agent, "scan", "--config", config, "--quiet", "--send")
	if n := countBundles(t, r.data); n != 2 {
		t.Errorf("%d bundles are stored, want both", n)
	}
	before := countInDatabase(t, r.data)
	r.command(t, "rebuild")
	r.command(t, "doctor")
	if diff := cmp.Diff(before, countInDatabase(t, r.data)); diff != "" {
		t.Errorf("derived again, the findings differ (-before +after):\n%s", diff)
	}
}
