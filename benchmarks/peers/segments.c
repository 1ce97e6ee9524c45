/* What is physically possible: a scan for terminators, and a C extension that gives the segments as a list of str. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <string.h>

/* One memchr per segment, no objects: how many there are. */
static PyObject *scan(PyObject *self, PyObject *argument) {
    const char *at = PyBytes_AS_STRING(argument), *end = at + PyBytes_GET_SIZE(argument);
    Py_ssize_t count = 0;
    while (at < end && (at = memchr(at, '\'', end - at))) {
        count++;
        at++;
    }
    return PyLong_FromSsize_t(count);
}

/* Every segment as str; a terminator behind an odd run of release characters is data. */
static PyObject *segments(PyObject *self, PyObject *argument) {
    const char *start = PyBytes_AS_STRING(argument), *end = start + PyBytes_GET_SIZE(argument), *at = start;
    PyObject *list = PyList_New(0);
    while (list && at < end && (at = memchr(at, '\'', end - at))) {
        const char *before = at;
        while (before > start && before[-1] == '?') before--;
        if ((at - before) % 2 == 0) {
            PyObject *text = PyUnicode_DecodeLatin1(start, at - start, NULL);
            if (!text || PyList_Append(list, text) < 0) {
                Py_XDECREF(text);
                Py_CLEAR(list);
                break;
            }
            Py_DECREF(text);
            start = at + 1;
        }
        at++;
    }
    return list;
}

static PyMethodDef methods[] = {{"scan", scan, METH_O, NULL}, {"segments", segments, METH_O, NULL}, {NULL, NULL, 0, NULL}};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "peer_segments", NULL, -1, methods};
PyMODINIT_FUNC PyInit_peer_segments(void) { return PyModule_Create(&module); }
