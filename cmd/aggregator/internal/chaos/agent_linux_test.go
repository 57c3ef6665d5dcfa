// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"crypto/ecdsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"carescan/cmd/aggregator/internal/regiontest"
	"carescan/cmd/internal/wire"
	"carescan/reports/bundle"
	"carescan/scanner"
	"carescan/scanner/fact"
)

// agent is an enrolled agent: a state folder, and what it has sealed so far.
type agent struct {
	w       *world
	folder  string
	key     *ecdsa.PrivateKey
	given   wire.EnrolResponse
	vantage scanner.Vantage
	log     string
	sealed  []*sealed // by number, from 1
}

// sealed is a bundle of an agent.
type sealed struct {
	seq      uint64
	id       string
	digest   string
	previous string
	latest   time.Time // moment in it
	filed    string    // folder it lies in
	path     string
	settled  bool // its receipt was compared with what the region holds
	receipt  wire.Receipt
	gone     bool // its agent let go of it, long after the receipt
}

// What an agent keeps of what it sent (package spool).
const (
	keepSent    = 60
	keepSentFor = 30 * 24 * time.Hour
)

// config is that of an agent that contacts nobody but its region: its runs last as long
// as reading a file.
const config = `
establishment: {finess: %q, name: Essai}
scope: {names: [chu.test], authorisation: {by: RSSI, until: 2099-01-01}}
network: {resolvers: ["127.0.0.1:9"]}
attestations: attestations.yaml
status_address: 127.0.0.1:0
`

var tokenWord = regexp.MustCompile(`cst1\.[A-Za-z0-9_-]+`)

// newAgent enrols an agent with a token, as a person does.
func newAgent(w *world, finess scanner.FINESS, number int) *agent {
	w.t.Helper()
	a := &agent{
		w: w, folder: filepath.Join(w.agentDisk.at, fmt.Sprint("agent", number)), log: w.logFile(fmt.Sprint("agent", number)),
		vantage: []scanner.Vantage{scanner.VantageInternet, scanner.VantageInside}[number%2],
	}
	w.must(os.Mkdir(a.folder, 0o700))
	w.must(os.WriteFile(filepath.Join(a.folder, "agent.yaml"), fmt.Appendf(nil, config, finess), 0o600))
	w.must(os.WriteFile(filepath.Join(a.folder, "attestations.yaml"), []byte("attestations: []\n"), 0o600))
	enrol := a.command("enrol", "--token", "-")
	enrol.Stdin = strings.NewReader(tokenWord.FindString(w.run(w.region.command("enrol-token", "create", "--establishment", string(finess)))))
	w.run(enrol)
	w.must(json.Unmarshal(a.read("enrolment.json"), &a.given))
	block, _ := pem.Decode(a.read("key.pem"))
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	w.must(err)
	a.key = key.(*ecdsa.PrivateKey)
	for _, folder := range folders {
		w.must(os.MkdirAll(a.spool(folder), 0o700))
	}
	return a
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.fail("%v", err)
	}
}

func (a *agent) read(file string) []byte {
	raw, err := os.ReadFile(filepath.Join(a.folder, "state", file))
	a.w.must(err)
	return raw
}

func (a *agent) spool(folder string) string { return filepath.Join(a.folder, "state", "spool", folder) }

// command prepares the program of the agent, at its end of the cable.
func (a *agent) command(args ...string) *exec.Cmd {
	command := a.w.line.lab.Command(a.w.t.Context(), programs.agent, append(args, "--config", filepath.Join(a.folder, "agent.yaml"))...)
	command.Env = a.w.agentClock.environment()
	return command
}

// folders are those of a spool in which bundles lie.
var folders = []string{"outbox", "sent", "rejected"}

var bundleName = regexp.MustCompile(`^(\d{10})-([0-9a-f-]{36})\` + bundle.Extension + `$`)

// look reads what lies in the spool, and finds there all that ever did: numbers without
// gap, each bundle sealed over the one before.
func (a *agent) look() {
	a.w.t.Helper()
	known := map[string]*sealed{}
	for _, b := range a.sealed {
		known[b.id] = b
		b.filed = ""
	}
	var fresh []*sealed
	for _, folder := range folders {
		entries, err := os.ReadDir(a.spool(folder))
		a.w.must(err)
		for _, entry := range entries {
			parts := bundleName.FindStringSubmatch(entry.Name())
			if parts == nil {
				continue
			}
			b := known[parts[2]]
			if b == nil {
				b = a.open(filepath.Join(a.spool(folder), entry.Name()))
				fresh = append(fresh, b)
			} else if b.filed != "" {
				a.w.fail("%s lies in %s and in %s", entry.Name(), b.filed, folder)
			}
			b.filed, b.path = folder, filepath.Join(a.spool(folder), entry.Name())
		}
	}
	slices.SortFunc(fresh, func(x, y *sealed) int { return int(x.seq) - int(y.seq) })
	for _, b := range fresh {
		if last := a.last(); b.seq != last.seq+1 || b.previous != last.digest {
			a.w.fail("number %d of %s follows number %d", b.seq, a.folder, last.seq)
		}
		a.sealed = append(a.sealed, b)
	}
	for i, b := range a.sealed {
		old := i < len(a.sealed)-keepSent && a.w.agentClock.passed > keepSentFor && b.receipt.BundleID != ""
		b.gone = b.filed == "" && old
		if b.filed == "" && !old {
			a.w.fail("bundle %d of %s is lost", b.seq, a.folder)
		}
	}
}

// last is the bundle sealed last; nothing before the first.
func (a *agent) last() sealed {
	if len(a.sealed) == 0 {
		return sealed{}
	}
	return *a.sealed[len(a.sealed)-1]
}

func (a *agent) open(path string) *sealed {
	a.w.t.Helper()
	raw, err := os.ReadFile(path)
	a.w.must(err)
	opened, err := bundle.Open(raw, bundle.Options{Key: a.key.Public()})
	a.w.must(err)
	number, err := strconv.ParseUint(bundleName.FindStringSubmatch(filepath.Base(path))[1], 10, 64)
	a.w.must(err)
	if number != opened.Header.Seq {
		a.w.fail("%s bears number %d", path, opened.Header.Seq)
	}
	latest := opened.Header.SealedAt
	for _, at := range []time.Time{opened.Run.Started, opened.Run.Ended} {
		if at.After(latest) {
			latest = at
		}
	}
	return &sealed{seq: number, id: opened.Header.ID, digest: opened.Digest, previous: opened.Header.Previous, latest: latest}
}

// waiting lists the bundles that the agent has still to send. One whose moments are
// still to come waits for them.
func (a *agent) waiting() (list []*sealed) {
	for _, b := range a.sealed {
		if b.filed == "outbox" && !b.early(a.w.regionClock.now()) {
			list = append(list, b)
		}
	}
	return list
}

func (b *sealed) early(now time.Time) bool { return b.latest.After(now.Add(maxSkew)) }

// noise is what makes a bundle large, in bytes: it lies in a file beside the database.
const noise = 300 << 10

// seal makes a bundle as the agent does, of a run that found what runs find: the agent
// that looks for itself, in this world, sees nothing.
func (a *agent) seal(large bool) {
	a.w.t.Helper()
	ended := a.w.agentClock.now().Add(-a.w.draw(time.Second))
	if a.w.random.IntN(8) == 0 { // its clock was late, or its run was long
		ended = ended.Add(-a.w.draw(72 * time.Hour))
	}
	result := pick(a.w, []fact.TransferResult{fact.TransferDelivered, fact.TransferRefused, fact.TransferFailed})
	run := regiontest.Looked(a.w.t, a.given.Establishment, ended, a.vantage, result)
	if large {
		a.addNoise(&run)
	}
	id, err := uuid.NewV7()
	a.w.must(err)
	header := bundle.Header{
		ID: id.String(), Seq: a.last().seq + 1, Previous: a.last().digest, AgentID: a.given.AgentID,
		Software: regiontest.Software, SealedAt: ended, FINESS: a.given.Establishment.FINESS,
	}
	raw, err := bundle.Seal(bundle.Bundle{Header: header, Run: run}, a.key)
	a.w.must(err)
	name := fmt.Sprintf("%010d-%s%s", header.Seq, header.ID, bundle.Extension)
	a.w.must(os.WriteFile(filepath.Join(a.spool("outbox"), name), raw, 0o600))
	a.look()
}

// addNoise gives a run an artifact that does not compress.
func (a *agent) addNoise(run *scanner.Run) {
	data := make([]byte, noise+a.w.random.IntN(1<<20))
	for i := range data {
		data[i] = byte(a.w.random.Uint32())
	}
	artifact := scanner.NewArtifact("noise", "application/octet-stream", data)
	run.Artifacts = append(run.Artifacts, artifact)
	run.Observations[0].Artifacts = append(run.Observations[0].Artifacts, artifact.Ref)
}

// receipt reads the receipt of a bundle, if the agent holds one, and verifies it.
func (a *agent) receipt(b *sealed) (receipt wire.Receipt, held bool) {
	a.w.t.Helper()
	raw, err := os.ReadFile(filepath.Join(a.spool("sent"), filepath.Base(b.path)+".receipt.json"))
	if os.IsNotExist(err) {
		return receipt, false
	}
	a.w.must(err)
	a.w.must(json.Unmarshal(raw, &receipt))
	a.w.must(receipt.Verify(a.given.SealKey))
	if receipt.BundleID != b.id || receipt.Digest != b.digest || receipt.FINESS != a.given.Establishment.FINESS {
		a.w.fail("the receipt of bundle %d of %s is for %+v", b.seq, a.folder, receipt)
	}
	return receipt, true
}

// leftovers lists the files that a killed agent began and never named.
func (a *agent) leftovers() (list []string) {
	a.w.must(filepath.WalkDir(filepath.Join(a.folder, "state"), func(path string, _ os.DirEntry, err error) error {
		if strings.HasPrefix(filepath.Base(path), unfinished) {
			list = append(list, path)
		}
		return err
	}))
	return list
}

// age makes the files that killed agents left as old as those that nobody writes any
// more: the next agent removes them.
func (a *agent) age() {
	old := a.w.agentClock.now().Add(-2 * time.Hour)
	for _, path := range a.leftovers() {
		a.w.must(os.Chtimes(path, old, old))
	}
}
