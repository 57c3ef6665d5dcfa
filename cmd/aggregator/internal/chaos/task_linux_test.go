// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"fmt"
	"os/exec"
	"syscall"
)

// task is what one agent does in a round.
type task struct {
	agent   *agent
	does    work
	process *process
}

// work is how an agent comes to send something.
type work string

const (
	looks      work = "scan"  // it looks, seals and sends
	sends      work = "send"  // it sends what waits, a few small bundles
	sendsLarge work = "large" // and one that is kept in a file
)

// tasks gives work to some agents; the first one does what a moment needs.
func (w *world) tasks(m moment) []*task {
	w.t.Helper()
	var tasks []*task
	for i, n := range w.random.Perm(len(w.agents))[:1+w.random.IntN(3)] {
		does := pick(w, []work{looks, sends, sends, sendsLarge})
		if i == 0 && m.needs != "" {
			does = m.needs
		}
		t := &task{agent: w.agents[n], does: does}
		if does != looks {
			for range 1 + w.random.IntN(2) {
				t.agent.seal(does == sendsLarge)
				does = sends // one large one
			}
		}
		tasks = append(tasks, t)
	}
	return tasks
}

func (t *task) begin(w *world) {
	command := t.agent.command("scan", "--send", "--quiet")
	if t.does != looks {
		command = t.agent.resend()
	}
	t.process = w.launch(command, t.agent.log)
}

// end waits for the agent to end, unless it was killed.
func (t *task) end(w *world) {
	t.process.signal(syscall.SIGCONT)
	t.process.await(w)
}

// over closes once no task is under way.
func over(tasks []*task) <-chan struct{} {
	done := make(chan struct{})
	go func() {
		defer close(done)
		for _, t := range tasks {
			<-t.process.ended
		}
	}()
	return done
}

// under tells whether a task is under way.
func under(tasks []*task) bool {
	for _, t := range tasks {
		if t.process.alive() {
			return true
		}
	}
	return false
}

// settle has the agents send all that waits, now that nothing hinders them.
func (w *world) settle(tasks []*task) {
	w.t.Helper()
	for _, t := range tasks {
		for try := 0; len(t.agent.waiting()) > 0; try++ {
			if try == tries {
				w.fail("%d bundles of %s do not leave\n%s", len(t.agent.waiting()), t.agent.folder, t.process.said())
			}
			t.process = w.launch(t.agent.resend(), t.agent.log)
			t.process.await(w)
			t.agent.look()
		}
	}
}

// tries is how often an agent may have to send, with nothing in its way: what it heard
// last may have been about the trouble before.
const tries = 3

// resend prepares the agent to send from the first bundle that waits.
func (a *agent) resend() *exec.Cmd {
	return a.command("resend", "--from", fmt.Sprint(a.waiting()[0].seq))
}
