"""Who the problems are about: first names without a final s, so that every possessive is 's."""

WOMEN = tuple(
    """
Ada Aisha Alice Alina Amara Amina Amy Anna Anya Aria Aya Beth Bella Bianca Camila Carla Carmen Chloe Clara Dana
Daria Diana Edith Elena Elif Ella Elsa Emily Emma Erin Esther Eva Farah Fatima Fiona Flora Freya Gina Grace Greta
Hana Hannah Helen Holly Ida Ingrid Irene Isla Ivy Jada Jane Jasmine Julia June Kaede Karen Kate Keiko Kira Lara
Laura Layla Lea Leila Lena Lily Lina Lisa Lucy Luna Mara Maria Marta Maya Mei Mia Mina Mira Molly Nadia Nina Noor
Nora Olga Olivia Paula Petra Priya Rita Rosa Ruby Sara Sofia Stella Tara Tina Uma Vera Yara Zoe
""".split()
)

MEN = tuple(
    """
Aaron Adam Ahmed Alan Ali Amir Anton Arthur Asher Axel Ben Bilal Bodo Bruno Caleb Carl Chen Colin Dan Daniel
David Dean Dmitri Eli Emil Eric Ethan Evan Felix Femi Finn Frank Fred Gabriel George Glenn Hamid Hassan Henry Hugo
Ian Ibrahim Igor Ivan Jack Jacob Jamal Jan Jason Joel John Jonah Jun Kai Karim Kevin Kofi Kurt Lee Leo Liam Luca
Luke Malik Marco Mark Martin Mateo Max Milo Mohan Nathan Neil Noah Oliver Omar Oscar Otto Owen Pablo Paul Pedro
Peter Rafael Raj Ravi Rob Ryan Sam Samir Sean Simon Stefan Tariq Theo Tim Tom Umar Victor Walter Yusuf
""".split()
)
