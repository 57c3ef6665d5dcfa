// SPDX-License-Identifier: Apache-2.0

package nuclei

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"sync"

	"carescan/scanner"
)

// worker is one process, with the sites in its hands.
type worker struct {
	cmd       *exec.Cmd
	stop      context.CancelFunc // kills it and its descendants
	words     chan []byte        // to be said to it
	gone      chan struct{}      // closed when nothing is left of it
	complaint complaint
	rest      []byte // of a line not ended yet; of Write alone

	mu     sync.Mutex
	engine string
	hello  []byte       // the line that names the engine
	jobs   map[int]*job // by the number of the site; nil once it is dead
	last   int          // number given
	wrong  error        // its first word out of place
	death  death
}

// death is why a worker is no more.
type death struct {
	problem string // in technical words
	cause   scanner.Cause
	err     error // it was no worker of ours
}

// job is a site in the hands of a worker.
type job struct {
	order Order
	batch batch
	ended chan struct{} // closed when every template was told, or the worker is dead
	lost  bool          // the worker died first
	left  bool          // nobody waits for it any more: nothing below changes
	err   error         // no worker of ours could be asked
}

// speak says the plan, and then the orders, as long as somebody listens.
func (w *worker) speak(stdin io.Writer, plan []byte) {
	for line := plan; ; {
		if _, err := stdin.Write(line); err != nil {
			return
		}
		select {
		case line = <-w.words:
		case <-w.gone:
			return
		}
	}
}

// look hands a site over and waits until every template was told, the worker is dead,
// or the look is over.
func (w *worker) look(ctx context.Context, order Order) (*job, error) {
	j := &job{order: order, batch: batch{results: map[string]Result{}}, ended: make(chan struct{})}
	w.keep(j)
	line, err := json.Marshal(j.order)
	if err != nil {
		return nil, fmt.Errorf("encode an order for the template engine: %w", err)
	}
	select {
	case w.words <- append(line, '\n'):
	case <-j.ended:
	case <-ctx.Done():
	}
	select {
	case <-j.ended:
	case <-ctx.Done():
		w.drop(j, ctx.Err())
	}
	return j, nil
}

// keep takes a site in hand, under the next number.
func (w *worker) keep(j *job) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.last++
	j.order.Site = w.last
	if w.jobs == nil {
		w.bury(j)
		return
	}
	w.jobs[j.order.Site] = j
}

// drop leaves a site whose look is over. The worker soon finds its door closed, and what
// it still says of the site goes to nobody.
func (w *worker) drop(j *job, why error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.jobs[j.order.Site] != j {
		return // it ended meanwhile
	}
	w.close(j)
	j.left = true
	if errors.Is(why, context.DeadlineExceeded) {
		j.batch.problem, j.batch.cause.Code = "the look was stopped: it took too long", scanner.CauseLate
		return
	}
	j.batch.problem, j.batch.cause.Code = "the look was stopped: it was cancelled", scanner.CauseStopped
}

// close completes what was heard of a site by what was said for all.
func (w *worker) close(j *job) {
	j.batch.engine, j.batch.raw = w.engine, slices.Concat(w.hello, j.batch.raw)
	close(j.ended)
}

// bury tells a site of the death of the worker. Of one that spoke out of turn, no word is
// believed.
func (w *worker) bury(j *job) {
	if w.wrong != nil {
		j.batch.results = map[string]Result{}
	}
	j.batch.problem, j.batch.cause, j.err, j.lost = w.death.problem, w.death.cause, w.death.err, true
	w.close(j)
}

// Write takes what the worker writes, and kills it at the first word out of place.
func (w *worker) Write(data []byte) (int, error) {
	w.rest = append(w.rest, data...)
	for {
		line, rest, ended := bytes.Cut(w.rest, []byte("\n"))
		if !ended && len(line) <= maxLine {
			return len(data), nil
		}
		if err := w.hear(line); err != nil {
			w.stop()
			return 0, err
		}
		w.rest = rest
	}
}

// hear takes one line; the error is that of a word out of place.
func (w *worker) hear(raw []byte) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.wrong = w.take(raw)
	return w.wrong
}

func (w *worker) take(raw []byte) error {
	if len(raw) > maxLine {
		return errors.New("a line is too long")
	}
	line, err := parseLine(raw)
	if err != nil {
		return err
	}
	if (line.Engine == "") != (w.engine != "") {
		return errors.New("the engine must name itself first, and once")
	}
	raw = slices.Concat(bytes.TrimSpace(raw), []byte{'\n'})
	if line.Engine != "" {
		w.engine, w.hello = line.Engine, raw
		return nil
	}
	j, known := w.jobs[line.Site]
	if !known {
		return fmt.Errorf("site %d is not under look", line.Site)
	}
	return w.give(j, line, raw)
}

// give gives a message to the site it is about.
func (w *worker) give(j *job, l Line, raw []byte) error {
	if j.left {
		if l.Done {
			delete(w.jobs, l.Site)
		}
		return nil
	}
	j.batch.raw = append(j.batch.raw, raw...)
	if l.Result != nil {
		return j.batch.take(j.order, *l.Result)
	}
	if len(j.batch.results) < len(j.order.Templates) {
		return fmt.Errorf("site %d ended before its last template", l.Site)
	}
	delete(w.jobs, l.Site)
	w.close(j)
	return nil
}

// wait waits until the process is gone, and tells its sites.
func (w *worker) wait() {
	err := w.cmd.Wait()
	w.stop()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.death = w.autopsy(err)
	for _, j := range w.jobs {
		if !j.left {
			w.bury(j)
		}
	}
	w.jobs = nil
}

// autopsy says why the process ended.
func (w *worker) autopsy(err error) death {
	switch {
	case w.wrong != nil:
		return death{problem: "the worker spoke out of turn: " + printable(w.wrong.Error(), 200), cause: scanner.Cause{Code: scanner.CauseProgramAnswer}}
	case w.cmd.ProcessState.ExitCode() == ExitOtherProtocol:
		return death{err: otherProtocol()}
	}
	return death{problem: w.complaint.summary(err), cause: scanner.Cause{Code: scanner.CauseProgramFailed}}
}

// alive tells whether one more site may be handed over.
func (w *worker) alive() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.jobs != nil && w.wrong == nil
}

// end kills a worker that nobody needs any more, and waits for it.
func (w *worker) end() {
	w.stop()
	<-w.gone
}
