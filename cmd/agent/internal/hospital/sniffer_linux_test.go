// SPDX-License-Identifier: Apache-2.0

package hospital

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"carescan/scanner/guard/netlab"
)

// captureFile names, for the sniffer, the file it writes.
const captureFile = "CARESCAN_HOSPITAL_CAPTURE"

// cable is how netlab calls the network card of the scanner.
const cable = "cable"

// sniff begins to capture what passes at the scanner's end of the cable. What was
// counted is given once the capture is ended.
func sniff(t testing.TB, lab *netlab.Lab, scanners ...string) (counted func() *traffic) {
	t.Helper()
	path := filepath.Join(captures(t), fmt.Sprintf("%s-%d.pcap", strings.ReplaceAll(t.Name(), "/", "-"), time.Now().UnixNano()))
	sniffer := lab.Command(context.WithoutCancel(t.Context()), os.Args[0])
	sniffer.Env = append(os.Environ(), rolePlayed+"=sniffer", captureFile+"="+path)
	sniffer.Stderr = os.Stderr
	out, err := sniffer.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := sniffer.Start(); err != nil {
		t.Fatal(err)
	}
	said := bufio.NewScanner(out)
	if !said.Scan() || said.Text() != "ready" {
		t.Fatalf("the sniffer did not start: %q, %v", said.Text(), said.Err())
	}
	end := sync.OnceFunc(func() {
		if err := sniffer.Process.Signal(syscall.SIGTERM); err != nil {
			t.Errorf("end the sniffer: %v", err)
		}
		if err := sniffer.Wait(); err != nil {
			t.Errorf("what was counted is not whole: %v", err)
		}
	})
	t.Cleanup(end)
	return func() *traffic {
		t.Helper()
		end()
		return count(t, path, scanners...)
	}
}

// captures is the folder of captures: a passing one, unless somebody wants to read them.
func captures(t testing.TB) string {
	t.Helper()
	if kept := os.Getenv("HOSPITAL_CAPTURES"); kept != "" {
		return kept
	}
	return t.TempDir()
}

// count reads a capture.
func count(t testing.TB, path string, scanners ...string) *traffic {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	seen := newTraffic(addresses(scanners)...)
	if err := replay(file, seen.add); err != nil {
		t.Fatal(err)
	}
	return seen
}

// playSniffer writes what passes to a file until it is told to end. A frame that
// the kernel had to drop is a failure: what is counted would be less than what was sent.
func playSniffer() {
	socket := openPackets()
	file, err := os.Create(os.Getenv(captureFile))
	endOn(err)
	written, err := newRecord(file)
	endOn(err)
	fmt.Println("ready")
	told := make(chan os.Signal, 1)
	signal.Notify(told, syscall.SIGTERM)
	frame, control := make([]byte, 1<<17), make([]byte, 256)
	for {
		n, controls, _, _, err := unix.Recvmsg(socket, frame, control, 0)
		if err == nil {
			endOn(written.add(arrival(control[:controls]), frame[:min(n, captureLength)], n))
			continue
		}
		if !errors.Is(err, unix.EAGAIN) && !errors.Is(err, unix.EINTR) { // the time given to a read is over
			endOn(err)
		}
		select {
		case <-told:
			endOn(written.out.Flush())
			endOn(file.Close())
			dropped, err := unix.GetsockoptTpacketStats(socket, unix.SOL_PACKET, unix.PACKET_STATISTICS)
			endOn(err)
			if dropped.Drops > 0 {
				endOn(fmt.Errorf("the sniffer missed %d of %d frames", dropped.Drops, dropped.Packets))
			}
			return
		default:
		}
	}
}

// openPackets is a socket that is given every frame of the cable, with the moment the
// kernel saw it.
func openPackets() int {
	const everything = unix.ETH_P_ALL<<8&0xff00 | unix.ETH_P_ALL>>8 // in network order
	card, err := net.InterfaceByName(cable)
	endOn(err)
	socket, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, everything)
	endOn(err)
	endOn(unix.Bind(socket, &unix.SockaddrLinklayer{Protocol: everything, Ifindex: card.Index}))
	endOn(unix.SetsockoptInt(socket, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, 64<<20))
	endOn(unix.SetsockoptInt(socket, unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1))
	endOn(unix.SetsockoptTimeval(socket, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &unix.Timeval{Usec: 100_000}))
	return socket
}

// arrival is when the kernel saw a frame.
func arrival(control []byte) time.Time {
	messages, err := unix.ParseSocketControlMessage(control)
	endOn(err)
	for _, m := range messages {
		if m.Header.Level == unix.SOL_SOCKET && m.Header.Type == unix.SO_TIMESTAMPNS {
			var moment unix.Timespec
			endOn(binary.Read(bytes.NewReader(m.Data), binary.NativeEndian, &moment))
			return time.Unix(moment.Unix())
		}
	}
	endOn(errors.New("the kernel did not say when a frame came"))
	return time.Time{}
}

// run runs a program of the machine, and gives what it printed.
func run(t testing.TB, command *exec.Cmd) string {
	t.Helper()
	var trouble strings.Builder
	command.Stderr = &trouble
	out, err := command.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s%s", strings.Join(command.Args, " "), err, out, trouble.String())
	}
	return string(out)
}
