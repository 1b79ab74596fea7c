// The least that a fan-out over HTTP can cost: one thread, one epoll loop, one send() for each stream and event.
// It keeps no history, gives no ids, checks no limits, and drops a stream whose socket is full. A yardstick, not a server to use.
//
//   gcc -O2 -o send-loop send-loop.c && ./send-loop PORT
//
// GET subscribes; POST sends its body to every subscriber as one event. Bodies need a Content-Length.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MAX_FD = 65536, MAX_REQUEST = 256 * 1024, EVENTS = 512 };

static const char STREAM_HEAD[] =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-cache\r\n\r\n: connected\n\n";
static const char PUBLISHED[] = "HTTP/1.1 204 No Content\r\n\r\n";

static int epoll;
static int subscribers[MAX_FD], subscriber_count;
static int position[MAX_FD];                            // of a descriptor among the subscribers, plus one; 0 is none
static struct { char *bytes; size_t length; } pending[MAX_FD];  // the unfinished request of a connection
static char frame[MAX_REQUEST + 16];

static void drop(int fd) {
    if (position[fd]) {
        int last = subscribers[--subscriber_count];
        subscribers[position[fd] - 1] = last;
        position[last] = position[fd];
        position[fd] = 0;
    }
    free(pending[fd].bytes);
    pending[fd].bytes = NULL;
    pending[fd].length = 0;
    close(fd);
}

static void subscribe(int fd) {
    if (send(fd, STREAM_HEAD, sizeof STREAM_HEAD - 1, MSG_NOSIGNAL) < 0) { drop(fd); return; }
    subscribers[subscriber_count++] = fd;
    position[fd] = subscriber_count;
}

static void publish(const char *body, size_t length) {
    memcpy(frame, "data: ", 6);
    memcpy(frame + 6, body, length);
    memcpy(frame + 6 + length, "\n\n", 2);
    size_t size = length + 8;
    for (int i = 0; i < subscriber_count; i++) {
        ssize_t sent = send(subscribers[i], frame, size, MSG_NOSIGNAL);
        if (sent != (ssize_t)size) drop(subscribers[i--]);
    }
}

// Serves the whole requests at the front of the bytes; returns how many bytes they were, or -1 to drop the connection.
static ssize_t serve(int fd, char *bytes, size_t length) {
    size_t done = 0;
    char *end;
    while (done < length && (end = memmem(bytes + done, length - done, "\r\n\r\n", 4))) {
        char *start = bytes + done;
        *end = 0;
        if (*start == 'G') { subscribe(fd); return (ssize_t)length; }
        char *field = strcasestr(start, "\r\ncontent-length:");
        size_t head = (size_t)(end - start) + 4, body = field ? strtoul(field + 17, NULL, 10) : 0;
        *end = '\r';
        if (head + body > MAX_REQUEST) return -1;
        if (done + head + body > length) break;
        publish(start + head, body);
        if (send(fd, PUBLISHED, sizeof PUBLISHED - 1, MSG_NOSIGNAL) < 0) return -1;
        done += head + body;
    }
    return (ssize_t)done;
}

static void receive(int fd) {
    static char bytes[MAX_REQUEST * 2];
    size_t kept = pending[fd].length;
    if (kept) memcpy(bytes, pending[fd].bytes, kept);
    ssize_t got = recv(fd, bytes + kept, sizeof bytes - kept, 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got <= 0) { drop(fd); return; }
    if (position[fd]) return;                           // a stream has nothing to ask
    size_t length = kept + (size_t)got;
    ssize_t served = serve(fd, bytes, length);
    if (served < 0 || (length - (size_t)served) > MAX_REQUEST) { drop(fd); return; }
    size_t rest = length - (size_t)served;
    free(pending[fd].bytes);
    pending[fd].bytes = rest ? malloc(rest) : NULL;
    pending[fd].length = rest;
    if (rest) memcpy(pending[fd].bytes, bytes + served, rest);
}

static void accept_all(int listener) {
    int fd, one = 1;
    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
        if (fd >= MAX_FD) { close(fd); continue; }
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };
        epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
    }
}

int main(int count, char **arguments) {
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) { files.rlim_cur = files.rlim_max; setrlimit(RLIMIT_NOFILE, &files); }
    int one = 1, listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(count > 1 ? (uint16_t)atoi(arguments[1]) : 9000) };
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) < 0) { perror("bind"); return 1; }
    listen(listener, 4096);
    epoll = epoll_create1(0);
    struct epoll_event interest = { .events = EPOLLIN, .data.fd = listener }, ready[EVENTS];
    epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &interest);
    for (;;) {
        int n = epoll_wait(epoll, ready, EVENTS, -1);
        for (int i = 0; i < n; i++) {
            if (ready[i].data.fd == listener) accept_all(listener);
            else receive(ready[i].data.fd);
        }
    }
}
