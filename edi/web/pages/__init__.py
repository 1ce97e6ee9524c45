"""Templates, the stylesheet and the message catalogues, and what makes a page of them."""
