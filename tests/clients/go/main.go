// A loop around net/http that reconnects, as docs/clients.md shows it: client URL.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"
)

var (
	lastID string
	retry  = 3 * time.Second
)

func report(line map[string]string) {
	text, _ := json.Marshal(line)
	fmt.Println(string(text))
}

func main() {
	// The test closes standard input when it is done, also when it fails.
	go func() {
		io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	for {
		status, err := read(os.Args[1])
		if status == http.StatusNoContent {
			break
		}
		if err != nil {
			report(map[string]string{"type": "error", "text": err.Error()})
		}
		time.Sleep(retry)
	}
	report(map[string]string{"type": "stopped", "reason": "204"})
	select {}
}

func read(url string) (int, error) {
	request, err := http.NewRequest("GET", url, nil)
	if err != nil {
		return 0, err
	}
	token, err := os.ReadFile(os.Getenv("TOKEN_FILE"))
	if err != nil {
		return 0, err
	}
	request.Header.Set("Accept", "text/event-stream")
	request.Header.Set("Authorization", "Bearer "+string(token))
	if lastID != "" {
		request.Header.Set("Last-Event-ID", lastID)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	report(map[string]string{"type": "open"})
	name, data := "message", []string(nil)
	lines := bufio.NewScanner(response.Body)
	for lines.Scan() {
		field, value, _ := strings.Cut(lines.Text(), ":")
		value = strings.TrimPrefix(value, " ")
		switch {
		case field == "id":
			lastID = value
		case field == "event":
			name = value
		case field == "data":
			data = append(data, value)
		case field == "retry":
			if ms, err := strconv.Atoi(value); err == nil {
				retry = time.Duration(ms) * time.Millisecond
			}
		case lines.Text() == "":
			if data != nil {
				report(map[string]string{"type": "event", "id": lastID, "name": name, "data": strings.Join(data, "\n")})
			}
			name, data = "message", nil
		}
	}
	// io.ErrUnexpectedEOF after a temporary end.
	return response.StatusCode, lines.Err()
}
