// SPDX-License-Identifier: Apache-2.0

package scannertest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// MaxMemory is what the agent may take at most, in bytes, whatever it meets.
const MaxMemory = 256 << 20

// alone is the variable by which a test knows that it runs in a program of its own.
const alone = "CARESCAN_TEST_ALONE"

var peakSaid = regexp.MustCompile(`peak: (\d+) bytes`)

// WithinMemory is WithinBytes for what the agent may take.
func WithinMemory(t *testing.T, work func(t *testing.T)) {
	t.Helper()
	WithinBytes(t, MaxMemory, work)
}

// WithinBytes runs the rest of a test in a program of its own, and fails when the
// memory that it ever took from the system exceeds so many bytes, as the runtime of Go
// counts. Work sets up and meets what is hostile; in the program that was started, it is
// run once.
func WithinBytes(t *testing.T, most int, work func(t *testing.T)) {
	t.Helper()
	if os.Getenv(alone) != "" {
		work(t)
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		t.Logf("peak: %d bytes", m.Sys)
		return
	}
	var parts []string
	for part := range strings.SplitSeq(t.Name(), "/") {
		parts = append(parts, "^"+regexp.QuoteMeta(part)+"$")
	}
	program, err := programAlone()
	if err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), program, "-test.run="+strings.Join(parts, "/"), "-test.timeout=2m", "-test.v")
	command.Env = append(os.Environ(), alone+"=1", "GOGC=100", "GOMEMLIMIT=off")
	output, err := command.CombinedOutput()
	said := peakSaid.FindSubmatch(output)
	if err != nil || said == nil {
		t.Fatalf("the test alone: %v\n%s", err, output)
	}
	peak, err := strconv.Atoi(string(said[1]))
	if err != nil {
		t.Fatal(err)
	}
	if t.Logf("%d MiB at the peak", peak>>20); peak > most {
		t.Errorf("%d MiB were taken, at most %d are wanted", peak>>20, most>>20)
	}
}

// programAlone is the program whose memory counts: this one, or these tests built without
// the race detector, which has stacks and garbage grow several times over.
var programAlone = sync.OnceValues(func() (string, error) {
	program, err := os.Executable()
	if err != nil || !raced {
		return program, err
	}
	plain := filepath.Join(filepath.Dir(program), "alone.test") // goes with this program
	build := exec.Command("go", "test", "-c", "-vet=off", "-o", plain, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if output, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build these tests without the race detector: %w: %s", err, output)
	}
	return plain, nil
})
