// SPDX-License-Identifier: Apache-2.0

package nuclei

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"carescan/scanner"
	"carescan/scanner/probes/nuclei/scratch"
)

// maxComplaint is how much of the standard error of a worker is read.
const maxComplaint = 4 << 10

// run gives templates to a new worker and waits until it is gone. The error
// means that no worker of ours could be started.
func (p *Probe) run(ctx context.Context, network scanner.Network, at *url.URL, templates []Template) (batch, error) {
	folder, remove, err := scratch.New("carescan-")
	if err != nil {
		return batch{}, fmt.Errorf("prepare the template engine: %w", err)
	}
	defer remove()
	door, err := openDoor(ctx, folder, at.Hostname(), network)
	if err != nil {
		return batch{}, err
	}
	defer door.close()
	b, err := p.work(ctx, folder, p.plan(door, network, at, templates))
	b.unreached = door.failures()
	return b, err
}

func (p *Probe) plan(d *door, network scanner.Network, at *url.URL, templates []Template) Plan {
	plan := Plan{
		Protocol: Protocol, URL: at.String(), Door: d.path, Secret: d.secret, UserAgent: network.UserAgent(),
		MemoryLimit: p.options.MemoryLimit,
	}
	for _, t := range templates {
		plan.Templates = append(plan.Templates, PlannedTemplate{t.ID, t.Digest, t.data})
	}
	return plan
}

// work runs one worker process from start to end.
func (p *Probe) work(ctx context.Context, folder string, plan Plan) (batch, error) {
	input, err := json.Marshal(plan)
	if err != nil {
		return batch{}, fmt.Errorf("encode the plan of the template engine: %w", err)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	answers := &answers{plan: plan, batch: batch{results: map[string]Result{}}, stop: cancel}
	complaint := &complaint{}
	cmd, err := p.command(ctx, folder)
	if err != nil {
		return batch{}, err
	}
	for _, file := range cmd.ExtraFiles {
		defer file.Close()
	}
	cmd.Stdout, cmd.Stderr = answers, complaint
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return batch{}, fmt.Errorf("start the template engine: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return batch{}, unreadable(err)
	}
	// Wait closes the input, which is how a lost parent is told from a slow one.
	go func() { _, _ = stdin.Write(append(input, '\n')) }()
	err = cmd.Wait()
	if cmd.ProcessState.ExitCode() == ExitOtherProtocol {
		return batch{}, otherProtocol()
	}
	answers.end(ctx, err, complaint)
	return answers.batch, nil
}

// command prepares a process of the verified program, with nothing of our
// environment, and which dies with all its descendants.
func (p *Probe) command(ctx context.Context, folder string) (*exec.Cmd, error) {
	path, open, err := p.executable(folder)
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, path, p.options.Program.Args...)
	cmd.Args[0], cmd.ExtraFiles = p.options.Program.Path, open
	cmd.Dir = folder
	cmd.Env = environment(folder, p.options.MemoryLimit)
	cmd.WaitDelay = 2 * time.Second
	ownGroup(cmd)
	return cmd, nil
}

// environment sends every file the engine writes to a folder that is removed.
func environment(folder string, memory int64) []string {
	env := []string{fmt.Sprintf("GOMEMLIMIT=%d", memory/4*3), "GOTRACEBACK=none"}
	for _, name := range []string{
		"HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME",
		"TMPDIR", "TEMP", "TMP",
	} {
		env = append(env, name+"="+folder)
	}
	env = append(env, "NUCLEI_CONFIG_DIR="+filepath.Join(folder, "config"), "NUCLEI_TEMPLATES_DIR="+filepath.Join(folder, "none"))
	if runtime.GOOS == "windows" {
		env = append(env, "SystemRoot="+os.Getenv("SystemRoot")) // sockets do not work without it
	}
	return env
}

// answers reads the standard output of a worker, line by line, and stops it at
// the first word out of place.
type answers struct {
	plan  Plan
	stop  context.CancelFunc
	batch batch
	rest  []byte // of a line not ended yet
	done  bool
	wrong error
}

// Write takes what the worker writes.
func (a *answers) Write(data []byte) (int, error) {
	a.rest = append(a.rest, data...)
	for a.wrong == nil {
		line, rest, ended := bytes.Cut(a.rest, []byte("\n"))
		if len(line) > maxLine {
			a.wrong = errors.New("a line is too long")
		}
		if !ended || a.wrong != nil {
			break
		}
		a.rest = rest
		a.take(line)
	}
	if a.wrong != nil {
		a.stop()
		return 0, a.wrong
	}
	return len(data), nil
}

func (a *answers) take(line []byte) {
	message, err := parseLine(line)
	switch {
	case err != nil:
		a.wrong = err
	case a.done:
		a.wrong = errors.New("a line follows the end")
	case message.Done:
		a.done = true
	default:
		a.wrong = a.batch.take(a.plan, message)
	}
	a.batch.raw = append(append(a.batch.raw, bytes.TrimSpace(line)...), '\n')
}

// end says in the batch why a worker ended before its last line, when it did.
func (a *answers) end(ctx context.Context, err error, c *complaint) {
	b := &a.batch
	switch {
	case a.wrong != nil:
		b.problem, b.cause.Code = "the worker spoke out of turn: "+printable(a.wrong.Error(), 200), scanner.CauseProgramAnswer
	case a.done:
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		b.problem, b.cause.Code = "the worker was stopped: it took too long", scanner.CauseLate
	case ctx.Err() != nil:
		b.problem, b.cause.Code = "the worker was stopped: the look was cancelled", scanner.CauseStopped
	default:
		b.problem, b.cause.Code = c.summary(err), scanner.CauseProgramFailed
	}
}

// complaint keeps the beginning of the standard error of a worker. It is never
// shown: it may hold traces, addresses and words of the site.
type complaint struct{ text []byte }

// Write takes what the worker complains of.
func (c *complaint) Write(data []byte) (int, error) {
	c.text = append(c.text, data[:min(len(data), maxComplaint-len(c.text))]...)
	return len(data), nil
}

func (c *complaint) summary(err error) string {
	text := string(c.text)
	switch {
	case strings.Contains(text, "out of memory") || strings.Contains(text, "cannot allocate memory"):
		return "the worker needed more memory than allowed"
	case strings.Contains(text, "panic: ") || strings.Contains(text, "fatal error: "):
		return "the worker crashed"
	case err != nil:
		return "the worker failed: " + scanner.Technical(err.Error())
	}
	return "the worker ended before its last template"
}
